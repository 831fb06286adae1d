namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>How somebody proved who they are, and when. Access tokens say it as <c>amr</c> and <c>auth_time</c>.</summary>
/// <param name="Methods">Of <see cref="AuthenticationMethods"/>, each once; at least one.</param>
public sealed record AuthenticationProof(IReadOnlyList<string> Methods, DateTimeOffset At)
{
    /// <summary>Which provider vouched (<see cref="AuthenticationMethods.SingleSignOn"/>); null for none.</summary>
    public string? SsoProvider { get; init; }

    /// <summary>Here, or at a provider whose word counts in its workspace.</summary>
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

    /// <summary>Two factors were proved, whichever: a code after the password, a passkey that verified its user, a remembered device.</summary>
    public const string TwoFactors = "mfa";

    /// <summary>Another provider vouched (OpenID Connect).</summary>
    public const string SingleSignOn = "sso";

    /// <summary>That provider saw two factors, which counts in the workspace that the provider belongs to, and nowhere else.</summary>
    public const string TwoFactorsAtProvider = "sso-mfa";
}
