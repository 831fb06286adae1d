namespace LinkShort.ServiceDefaults.Auth;

/// <summary>What identity writes into access tokens and every service expects of them.</summary>
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
        public const string Locale = "locale";

        /// <summary>Id of the API key that the token was exchanged for; absent in people's sessions.</summary>
        public const string ApiKey = "key";
    }
}

/// <summary>What a token may do. Each is an authorization policy under the same name.</summary>
public static class Scopes
{
    public const string LinksRead = "links:read";
    public const string LinksWrite = "links:write";
    public const string AnalyticsRead = "analytics:read";

    /// <summary>One's own account and its API keys. Only people's sessions carry it: an API key can't make keys.</summary>
    public const string Account = "account";

    /// <summary>What an API key can be given.</summary>
    public static readonly IReadOnlyList<string> Grantable = [LinksRead, LinksWrite, AnalyticsRead];

    public static readonly IReadOnlyList<string> All = [.. Grantable, Account];
}
