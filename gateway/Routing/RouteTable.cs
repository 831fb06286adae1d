using static LinkShort.Gateway.Routing.LimitPolicy;
using static LinkShort.Gateway.Routing.Surface;

namespace LinkShort.Gateway.Routing;

/// <summary>Everything that leaves the gateway. An address without a row is answered here: 404.</summary>
internal static class RouteTable
{
    private const long Small = 64 * 1024;

    /// <summary>A link with 50 rules, each with the longest destination; links has the same bound.</summary>
    private const long OneLink = 256 * 1024;

    /// <summary>A form with one field for a person; as in redirect's PasswordGate.</summary>
    private const long Form = 16 * 1024;

    private const long Default = 1024 * 1024;

    /// <summary>1,000 links, each with its longest destination and a few tags.</summary>
    private const long Bulk = 4 * Default;

    /// <summary>The largest file that api.md allows, and its multipart frame.</summary>
    private const long Import = 101 * Default;

    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Normal = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(100);

    public static readonly IReadOnlyList<ServiceRoute> All =
    [
        // Whatever tries a password, a code or an address costs a permit of the strict policy.
        new("/api/v1/auth/register", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/auth/login", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/auth/login/2fa", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/auth/passkey", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/auth/confirm", "identity", Api, Confirm, Small, Normal, "POST"),
        new("/api/v1/me/2fa/disable", "identity", Api, Confirm, Small, Normal, "POST"),
        new("/api/v1/me/2fa/recovery-codes", "identity", Api, Confirm, Small, Normal, "POST"),
        new("/api/v1/me/password", "identity", Api, Confirm, Small, Normal, "POST"),
        new("/api/v1/me/email", "identity", Api, Confirm, Small, Normal, "POST"),
        new("/api/v1/auth/password/forgot", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/auth/password/reset", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/auth/email/resend", "identity", Api, Auth, Small, Normal, "POST"),
        // Nothing can be guessed here: state and code have 256 and more bits, and each try costs the caller a sign-in at a provider.
        new("/api/v1/auth/sso/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/auth/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/me/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/workspaces/{**rest}", "identity", Api, ApiCall, Small, Normal),
        // Without a sign-in, a token is all that it asks for. Looking at an invitation is an ordinary call: people load that page again, and
        // its 256 bits are guessed by nobody.
        new("/api/v1/invitations/decline", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/invitations/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/api-keys/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/audit-log/{**rest}", "identity", Api, ApiCall, Small, Long),
        new("/api/v1/announcements/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/admin/{**rest}", "identity", Api, ApiCall, Small, Long),

        new("/api/v1/links", "links", Api, CreateLink, OneLink, Normal, "POST"),
        new("/api/v1/links/bulk", "links", Api, CreateLink, Bulk, Normal, "POST"),
        new("/api/v1/links/import", "links", Api, CreateLink, Import, Long, "POST"),
        new("/api/v1/links/{id}/duplicate", "links", Api, CreateLink, Small, Normal, "POST"),
        new("/api/v1/links/{id}/analytics/{**rest}", "analytics", Api, ApiCall, Small, Normal),
        new("/api/v1/analytics/{**rest}", "analytics", Api, ApiCall, Small, Normal),
        new("/api/v1/links/{**rest}", "links", Api, ApiCall, OneLink, Normal),

        new("/", "web", Page, None, Default, Normal),
        new("/app/{**rest}", "web", Page, None, Default, Normal),
        new("/problems/{**rest}", "web", Page, None, Default, Normal),
        new("/favicon.ico", "web", Page, None, Default, Normal),
        new("/robots.txt", "web", Page, None, Default, Normal),

        // What phones ask for, to open short links in an app.
        new("/.well-known/apple-app-site-association", "redirect", Page, None, Small, Quick, "GET", "HEAD"),
        new("/.well-known/assetlinks.json", "redirect", Page, None, Small, Quick, "GET", "HEAD"),

        new("/{**code}", "redirect", ShortLink, None, Small, Quick, "GET", "HEAD"),
        // The password of a protected link.
        new("/{**code}", "redirect", ShortLink, None, Form, Quick, "POST"),
    ];

    /// <summary>Services that answer nothing through the gateway, but without which the whole is not ready.</summary>
    private static readonly string[] Unrouted = ["notification"];

    public static IReadOnlyList<string> Services { get; } = [.. All.Select(route => route.Service).Concat(Unrouted).Distinct()];

    /// <summary>Services whose OpenAPI documents make up the public one.</summary>
    public static IReadOnlyList<string> ApiServices { get; } = [.. All.Where(route => route.Surface == Api).Select(route => route.Service).Distinct()];
}
