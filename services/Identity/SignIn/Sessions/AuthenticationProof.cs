using LinkShort.Identity.Sso;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>How and when a user proved their identity. Access tokens claim it as <c>amr</c> and <c>auth_time</c>.</summary>
/// <param name="Methods">Of <see cref="AuthenticationMethods"/>, each once; at least one.</param>
public sealed record AuthenticationProof(IReadOnlyList<string> Methods, DateTimeOffset At)
{
    /// <summary>The provider of a <see cref="AuthenticationMethods.SingleSignOn"/> proof; otherwise null.</summary>
    public string? SsoProvider { get; init; }

    /// <summary>After a sign-in through a workspace's provider: when the user confirmed with the account's own credentials.</summary>
    public DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>
    /// When the user last proved the account's own credentials: password, passkey, second factor, or a provider of the installation. Null while
    /// only a workspace's provider vouches for them.
    /// </summary>
    public DateTimeOffset? OwnAt => SsoConnections.IsKey(SsoProvider) ? ConfirmedAt : At;

    /// <summary>A workspace's provider vouches for a user in that workspace alone.</summary>
    public bool CountsIn(Guid workspaceId) => OwnAt is not null || SsoProvider == SsoConnections.KeyOf(workspaceId);

    /// <summary>Proved here, or at a provider that its workspace accepts.</summary>
    public bool HasTwoFactors => Methods.Contains(AuthenticationMethods.TwoFactors) || Methods.Contains(AuthenticationMethods.TwoFactorsAtProvider);
}

/// <summary>Names of RFC 8176, and <c>sso</c>.</summary>
public static class AuthenticationMethods
{
    public const string Password = "pwd";

    /// <summary>A code of an authenticator app, or a recovery code.</summary>
    public const string OneTimeCode = "otp";

    /// <summary>A passkey: proof of possession of its private key.</summary>
    public const string Passkey = "pop";

    /// <summary>Any two factors: a code after the password, a passkey that verified its user, or a trusted device.</summary>
    public const string TwoFactors = "mfa";

    /// <summary>An OpenID Connect provider.</summary>
    public const string SingleSignOn = "sso";

    /// <summary>Two factors at that provider, which only count in the workspace that the provider belongs to.</summary>
    public const string TwoFactorsAtProvider = "sso-mfa";
}
