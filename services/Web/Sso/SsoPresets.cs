using LinkShort.Web.Api;

namespace LinkShort.Web.Sso;

/// <summary>Providers whose issuer follows from what their administrators know: a tenant, a domain, or a server and a realm.</summary>
public static class SsoPresets
{
    public const string Google = "google";
    public const string Entra = "entra";
    public const string Okta = "okta";
    public const string Keycloak = "keycloak";

    /// <summary>Any provider, by its issuer.</summary>
    public const string Other = "other";

    private const string GoogleIssuer = "https://accounts.google.com";
    private const string EntraStart = "https://login.microsoftonline.com/";
    private const string EntraEnd = "/v2.0";
    private const string RealmPath = "/realms/";

    /// <summary>In the order in which they are offered; the names are the products'.</summary>
    public static readonly IReadOnlyList<(string Value, string Name)> Named =
        [(Google, "Google"), (Entra, "Microsoft Entra"), (Okta, "Okta"), (Keycloak, "Keycloak")];

    /// <summary>The form's fields for a stored issuer.</summary>
    public static WorkspaceSsoEndpoints.SsoForm With(this WorkspaceSsoEndpoints.SsoForm form, string issuer)
    {
        var trimmed = issuer.TrimEnd('/');
        if (trimmed == GoogleIssuer)
        {
            return form with { Preset = Google, Issuer = issuer };
        }

        if (trimmed.StartsWith(EntraStart, StringComparison.Ordinal) && trimmed.EndsWith(EntraEnd, StringComparison.Ordinal) && trimmed.Length > EntraStart.Length + EntraEnd.Length)
        {
            return form with { Preset = Entra, Issuer = issuer, Tenant = trimmed[EntraStart.Length..^EntraEnd.Length] };
        }

        if (Uri.TryCreate(trimmed, UriKind.Absolute, out var uri) && uri.AbsolutePath == "/" && IsOkta(uri.Host))
        {
            return form with { Preset = Okta, Issuer = issuer, OktaDomain = uri.Authority };
        }

        return trimmed.IndexOf(RealmPath, StringComparison.Ordinal) is > 0 and var at && !trimmed[(at + RealmPath.Length)..].Contains('/', StringComparison.Ordinal)
            ? form with { Preset = Keycloak, Issuer = issuer, Server = trimmed[..at], Realm = Uri.UnescapeDataString(trimmed[(at + RealmPath.Length)..]) }
            : form with { Preset = Other, Issuer = issuer };
    }

    /// <returns>Empty if something is missing.</returns>
    public static string IssuerOf(WorkspaceSsoEndpoints.SsoForm form) => form.Preset switch
    {
        Google => GoogleIssuer,
        Entra => Filled(form.Tenant) is { } tenant ? EntraStart + Uri.EscapeDataString(tenant) + EntraEnd : "",
        Okta => Filled(form.OktaDomain) is { } domain ? "https://" + HostOf(domain) : "",
        Keycloak => Filled(form.Server) is { } server && Filled(form.Realm) is { } realm ? $"{WithScheme(server).TrimEnd('/')}{RealmPath}{Uri.EscapeDataString(realm)}" : "",
        _ => form.Issuer?.Trim() ?? "",
    };

    /// <summary>The API's errors of the issuer, at the field that it was made from.</summary>
    public static ApiProblem AtFields(this ApiProblem problem, WorkspaceSsoEndpoints.SsoForm form)
    {
        var field = form.Preset switch
        {
            Entra => "tenant",
            Okta => "oktaDomain",
            Keycloak => Filled(form.Server) is null || Filled(form.Realm) is not null ? "server" : "realm",
            _ => "issuer",
        };
        return field == "issuer" || problem.MessagesOf("issuer").Count == 0 ? problem : problem with
        {
            Errors = problem.Errors.ToDictionary(error => error.Key.Equals("issuer", StringComparison.OrdinalIgnoreCase) ? field : error.Key, error => error.Value, StringComparer.OrdinalIgnoreCase),
        };
    }

    /// <summary>Entra's tenant is given by a domain, but calls itself by an id, which only its metadata knows.</summary>
    public static bool NeedsTenantId(WorkspaceSsoEndpoints.SsoForm form) => form.Preset == Entra && Filled(form.Tenant) is { } tenant && !Guid.TryParse(tenant, out _);

    private static bool IsOkta(string host) =>
        host.EndsWith(".okta.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".oktapreview.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".okta-emea.com", StringComparison.OrdinalIgnoreCase);

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>Also of a pasted URL.</summary>
    private static string HostOf(string domain) => Uri.TryCreate(WithScheme(domain), UriKind.Absolute, out var uri) ? uri.Authority : domain;

    private static string WithScheme(string server) => server.Contains("://", StringComparison.Ordinal) ? server : "https://" + server;
}
