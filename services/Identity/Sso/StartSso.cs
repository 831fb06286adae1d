using System.Diagnostics.CodeAnalysis;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>Starts sign-ins at providers.</summary>
public static class StartSso
{
    public static LocalizedText NoBrowserKey => IdentityTexts.Of("sso.browserKey");

    private const int MaxReturnUrl = 2048;

    public sealed record Request
    {
        /// <summary>One of /auth/sso/providers, or a workspace's id; or else <see cref="Email"/>.</summary>
        public string? Provider { get; init; }

        /// <summary>Selects the provider of the workspace that has verified the address's domain.</summary>
        public string? Email { get; init; }

        /// <summary>256 random bits in base64url, stored in a cookie. Only this browser can complete the attempt.</summary>
        public required string BrowserKey { get; init; }

        /// <summary>A path of the app, returned on completion.</summary>
        public string? ReturnUrl { get; init; }

        /// <summary>Requires the provider to authenticate the user again.</summary>
        public bool Fresh { get; init; }
    }

    /// <param name="AuthorizationUrl">Where to send the browser.</param>
    /// <param name="ExpiresIn">Seconds until the attempt expires.</param>
    public sealed record Response(string AuthorizationUrl, int ExpiresIn);

    /// <summary>A provider of the installation, for a button.</summary>
    /// <param name="Name">In URLs.</param>
    public sealed record ProviderResponse(string Name, string DisplayName);

    public sealed record ProvidersResponse(IReadOnlyList<ProviderResponse> Items);

    /// <summary>GET /auth/sso/providers</summary>
    public static Ok<ProvidersResponse> ListAsync(SsoProviders providers)
    {
        return TypedResults.Ok(new ProvidersResponse([.. providers.Installations.Select(each => new ProviderResponse(each.Key, each.DisplayName))]));
    }

    /// <summary>POST /auth/sso/start. For back-ends that hold the browser's cookie themselves, as web does.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, SsoProviders providers, SsoConnections connections, SsoAttempts attempts, IOptions<SsoOptions> options, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        EmailAddress? email = null;
        if (body.Provider is null == body.Email is null)
        {
            errors.Add("provider", IdentityTexts.Of("sso.providerOrEmail"));
        }
        else if (body.Email is not null && !EmailAddress.TryParse(body.Email, out email, out var emailError))
        {
            errors.Add("email", emailError);
        }

        if (!TryReadCommon(body.BrowserKey, body.ReturnUrl, errors, out var browserKey))
        {
            return errors.ToResult();
        }

        SsoProvider? provider;
        try
        {
            provider = body.Provider is { } key ? await FindAsync(providers, key, cancellationToken)
                : await connections.FindByDomainAsync(DomainOf(email!), cancellationToken) is { } workspaceId
                    ? await connections.FindProviderAsync(workspaceId, cancellationToken)
                    : null;
            if (provider is null)
            {
                return Problems.NotFound.Result(body.Provider is null ? IdentityTexts.Of("sso.notSetUp") : IdentityTexts.Of("sso.unknownProvider"));
            }

            var url = await attempts.BeginAsync(provider, new SsoIntent(null, null, body.Fresh, body.ReturnUrl), browserKey, email?.Value, cancellationToken);
            return TypedResults.Ok(new Response(url, (int)options.Value.AttemptLifetime.TotalSeconds));
        }
        catch (ProviderException failure)
        {
            return SsoProblems.Of(failure);
        }
    }

    /// <summary>GET /auth/sso/{provider}/start. For browsers: a cookie binds the sign-in to this one.</summary>
    public static async Task<Results<RedirectHttpResult, ProblemHttpResult>> RedirectAsync(
        string provider, string? returnUrl, SsoProviders providers, SsoAttempts attempts, BrowserCookie cookie, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var browserKey = cookie.ReadOrCreate(context);
        if (!TryReadCommon(browserKey, returnUrl, errors, out var hash))
        {
            return errors.ToResult();
        }

        try
        {
            if (await FindAsync(providers, provider, cancellationToken) is not { } found)
            {
                return Problems.NotFound.Result(IdentityTexts.Of("sso.unknownProvider"));
            }

            var url = await attempts.BeginAsync(found, new SsoIntent(null, null, Fresh: false, returnUrl), hash, loginHint: null, cancellationToken);
            cookie.Write(context, browserKey);
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.Redirect(url);
        }
        catch (ProviderException failure)
        {
            return SsoProblems.Of(failure);
        }
    }

    /// <summary>Validates what all attempts have in common.</summary>
    internal static bool TryReadCommon(string browserKey, string? returnUrl, ValidationErrors errors, [NotNullWhen(true)] out byte[]? hash)
    {
        if (!OneTimeSecret.TryHash(browserKey, out hash))
        {
            errors.Add("browserKey", NoBrowserKey);
        }

        if (returnUrl is not null && !IsPath(returnUrl))
        {
            errors.Add("returnUrl", IdentityTexts.Of("sso.returnUrl", ("max", MaxReturnUrl)));
        }

        return !errors.Any;
    }

    internal static Task<SsoProvider?> FindAsync(SsoProviders providers, string key, CancellationToken cancellationToken) =>
        key.Length is 0 or > SsoProviders.MaxKeyLength ? Task.FromResult<SsoProvider?>(null) : providers.FindAsync(key.ToLowerInvariant(), cancellationToken);

    internal static string DomainOf(EmailAddress email) => email.Normalized[(email.Normalized.LastIndexOf('@') + 1)..];

    /// <summary>Refuses everything that a browser could interpret as another site. Web checks it again before it redirects.</summary>
    private static bool IsPath(string url) =>
        !Characters.Exceed(url, MaxReturnUrl) && url.StartsWith('/') && !url.StartsWith("//", StringComparison.Ordinal)
        && !url.Contains('\\', StringComparison.Ordinal) && !url.Any(char.IsControl);
}
