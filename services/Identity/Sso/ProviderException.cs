using LinkShort.Localization;

namespace LinkShort.Identity.Sso;

/// <summary>An outage of a provider, or a response that must not be trusted.</summary>
/// <param name="reason">Of <see cref="SsoReasons"/>.</param>
/// <param name="text">For logs, and for the workspace's owner. Contains no text of the provider.</param>
public sealed class ProviderException(string reason, LocalizedText text, Exception? innerException = null) : Exception(text.ToString(), innerException)
{
    public LocalizedText Text { get; } = text;

    public string Reason { get; } = reason;
}

/// <summary>Why a sign-in failed: the member <c>reason</c> of <c>sso-failed</c>.</summary>
public static class SsoReasons
{
    /// <summary>Unknown, used, expired, or started in another browser.</summary>
    public const string State = "state";

    /// <summary>The user or the provider denied the sign-in.</summary>
    public const string Denied = "denied";

    /// <summary>The response came from another provider than the requested one.</summary>
    public const string Issuer = "issuer";

    /// <summary>The provider refused the code.</summary>
    public const string Code = "code";

    /// <summary>The ID token is invalid.</summary>
    public const string Token = "token";

    /// <summary>The provider's metadata can't be used.</summary>
    public const string Metadata = "metadata";

    /// <summary>The provider didn't respond in time.</summary>
    public const string Unreachable = "unreachable";
}
