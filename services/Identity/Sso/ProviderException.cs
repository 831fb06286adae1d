namespace LinkShort.Identity.Sso;

/// <summary>A provider did not do its part: an outage there, or answers that must not be believed.</summary>
/// <param name="reason">Of <see cref="SsoReasons"/>.</param>
/// <param name="message">For logs, and for the workspace's owner. Nothing that the provider wrote itself.</param>
public sealed class ProviderException(string reason, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public string Reason { get; } = reason;
}

/// <summary>Why a sign-in didn't succeed: the member <c>reason</c> of <c>sso-failed</c>.</summary>
public static class SsoReasons
{
    /// <summary>Unknown, used, expired, or begun in another browser.</summary>
    public const string State = "state";

    /// <summary>The person, or the provider, said no.</summary>
    public const string Denied = "denied";

    /// <summary>The answer came from another provider than the one that was asked.</summary>
    public const string Issuer = "issuer";

    /// <summary>The provider didn't take the code.</summary>
    public const string Code = "code";

    /// <summary>The ID token is not what it has to be.</summary>
    public const string Token = "token";

    /// <summary>The provider's metadata can't be used.</summary>
    public const string Metadata = "metadata";

    /// <summary>No answer in time.</summary>
    public const string Unreachable = "unreachable";
}
