namespace LinkShort.Contracts;

/// <summary>The format of access tokens, which identity issues and every service validates.</summary>
public static class Tokens
{
    public const string Issuer = "linkshort";
    public const string Audience = "linkshort-api";

    /// <summary>JWT claim names.</summary>
    public static class Claims
    {
        public const string Subject = "sub";
        public const string Workspace = "ws";
        public const string Role = "role";

        /// <summary>Space-separated, as in RFC 8693.</summary>
        public const string Scope = "scope";
        public const string Plan = "plan";

        /// <summary>By how much the plan multiplies rate limits; absent for 1.</summary>
        public const string ApiLimitFactor = "api_limits";
        public const string Locale = "locale";

        /// <summary>Id of the API key that the token was exchanged for; absent in people's sessions.</summary>
        public const string ApiKey = "key";

        /// <summary>The sign-in that the token came out of; absent in tokens of API keys.</summary>
        public const string Session = "sid";

        /// <summary>When it was issued, in Unix milliseconds: <c>iat</c> is too coarse to distinguish before and after a revocation.</summary>
        public const string IssuedAtMs = "ims";

        /// <summary>The authentication methods, space-separated (RFC 8176): pwd, otp, pop (passkey), sso.</summary>
        public const string Methods = "amr";

        /// <summary>When they last did, in Unix seconds.</summary>
        public const string AuthenticatedAt = "auth_time";

        /// <summary>
        /// When the user last authenticated with the account's own credentials, in Unix seconds. Absent while only a workspace's sign-in
        /// provider vouches for them: the token is then good for that workspace alone.
        /// </summary>
        public const string OwnAuthenticatedAt = "own_auth_time";

        /// <summary>"true" for operators of the installation (<c>Admin__Emails</c>).</summary>
        public const string Operator = "op";

        /// <summary>The operator who views this account with its owner's consent (the actor of RFC 8693). Such a token is read-only.</summary>
        public const string ViewedBy = "act";
    }
}

/// <summary>Scopes limit what a token may do, in addition to its owner's role. See <see cref="Permissions"/>.</summary>
public static class Scopes
{
    /// <summary>How scopes end that change something. Tokens for a workspace that is going to be deleted carry none of them.</summary>
    public const string WriteSuffix = ":write";

    public const string LinksRead = "links:read";
    public const string LinksWrite = "links:write";
    public const string AnalyticsRead = "analytics:read";
    public const string AuditRead = "audit:read";

    /// <summary>One's own account and its API keys. Only people's sessions carry it: an API key can't make keys.</summary>
    public const string Account = "account";

    /// <summary>The workspace's plan and payments. Only people's sessions carry it.</summary>
    public const string Billing = "billing";

    /// <summary>The scopes that an API key can have.</summary>
    public static readonly IReadOnlyList<string> Grantable = [LinksRead, LinksWrite, AnalyticsRead, AuditRead];

    public static readonly IReadOnlyList<string> All = [.. Grantable, Account, Billing];
}
