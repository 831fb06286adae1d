using static LinkShort.Gateway.Routing.LimitPolicy;
using static LinkShort.Gateway.Routing.Surface;

namespace LinkShort.Gateway.Routing;

/// <summary>Every route that the gateway forwards. Other paths are answered 404 here.</summary>
internal static class ServiceRoutes
{
    private const long Small = 64 * 1024;

    /// <summary>A link with 50 rules, each with the longest destination; the link service has the same limit.</summary>
    private const long OneLink = 256 * 1024;

    /// <summary>A form with a single field, as in redirect's PasswordGate.</summary>
    private const long Form = 16 * 1024;

    private const long Default = 1024 * 1024;

    /// <summary>A logo of 1 MiB in a form, and one that is slightly too large, which the link service refuses by the field's name.</summary>
    private const long Logo = Default + (Default / 10);

    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Normal = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(100);

    public static readonly IReadOnlyList<ServiceRoute> All =
    [
        // Requests that try a password, a code or an address use the strict policy.
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
        // Not guessable: state and code have at least 256 bits, and each try costs the attacker a sign-in at a provider.
        new("/api/v1/auth/sso/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/auth/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/me/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/workspaces/{**rest}", "identity", Api, ApiCall, Small, Normal),
        // Declining works without signing in, by the token alone. The preview is an ordinary call: users reload that page, and
        // nobody guesses its 256 bits.
        new("/api/v1/invitations/decline", "identity", Api, Auth, Small, Normal, "POST"),
        new("/api/v1/invitations/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/api-keys/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/audit-log/{**rest}", "identity", Api, ApiCall, Small, Long),
        new("/api/v1/announcements/{**rest}", "identity", Api, ApiCall, Small, Normal),
        new("/api/v1/admin/{**rest}", "identity", Api, ApiCall, Small, Long),

        // Stripe sends from a few addresses, in bursts, and each request proves itself by its signature.
        new("/api/v1/billing/webhook", "billing", Api, None, Default, Normal, "POST"),
        new("/api/v1/billing/{**rest}", "billing", Api, ApiCall, Small, Normal),
        new("/api/v1/admin/billing/{**rest}", "billing", Api, ApiCall, Small, Normal),

        new("/api/v1/links", "links", Api, CreateLink, OneLink, Normal, "POST"),
        new("/api/v1/links", "links", Api, ChangeLinks, OneLink, Normal, "PATCH"),
        new("/api/v1/links/{id}/duplicate", "links", Api, CreateLink, Small, Normal, "POST"),
        new("/api/v1/links/{id}/analytics/{**rest}", "analytics", Api, ApiCall, Small, Normal),
        new("/api/v1/analytics/{**rest}", "analytics", Api, ApiCall, Small, Normal),
        // Asked while a link is typed. Counted apart, so that typing uses up no other calls.
        new("/api/v1/links/title", "links", Api, Lookup, Small, Normal),
        new("/api/v1/links/availability", "links", Api, Lookup, Small, Normal),
        new("/api/v1/links/evaluate", "links", Api, Lookup, OneLink, Normal),
        // Drawn for each request.
        new("/api/v1/links/{id}/qr", "links", Api, Lookup, Small, Normal),
        new("/api/v1/links/{**rest}", "links", Api, ApiCall, OneLink, Normal),
        new("/api/v1/tags/{**rest}", "links", Api, ApiCall, Small, Normal),
        new("/api/v1/utm-templates/{**rest}", "links", Api, ApiCall, Small, Normal),
        new("/api/v1/qr-logo", "links", Api, ApiCall, Logo, Normal),

        new("/", "web", Page, None, Default, Normal),
        new("/app/{**rest}", "web", Page, None, Default, Normal),
        new("/app/links/{id}/qr/logo", "web", Page, None, Logo, Normal, "POST"),
        new("/problems/{**rest}", "web", Page, None, Default, Normal),
        new("/legal/{**rest}", "web", Page, None, Small, Normal),
        new("/pricing", "web", Page, None, Small, Normal),
        // Where Stripe sends the browser after a checkout.
        new("/billing/success", "web", Page, None, Small, Normal),
        new("/design", "web", Page, None, Small, Normal),
        new("/favicon.ico", "web", Page, None, Default, Normal),
        new("/robots.txt", "web", Page, None, Default, Normal),

        // Phones fetch these to open short links in an app.
        new("/.well-known/apple-app-site-association", "redirect", Page, None, Small, Quick, "GET", "HEAD"),
        new("/.well-known/assetlinks.json", "redirect", Page, None, Small, Quick, "GET", "HEAD"),

        new("/{**code}", "redirect", ShortLink, None, Small, Quick, "GET", "HEAD"),
        // The password form of a protected link.
        new("/{**code}", "redirect", ShortLink, None, Form, Quick, "POST"),
    ];

    /// <summary>Services without routes that still have to be ready.</summary>
    private static readonly string[] Unrouted = ["notification"];

    public static IReadOnlyList<string> Services { get; } = [.. All.Select(route => route.Service).Concat(Unrouted).Distinct()];
}
