using System.Net;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Sso;

/// <summary>Tries a provider out before it is configured: what a sign-in would read, check by check. Stores nothing.</summary>
public static class TestSso
{
    public sealed record Request
    {
        /// <summary>As for configuring the provider.</summary>
        public required string Issuer { get; init; }
    }

    /// <param name="Passed">Whether every check passed.</param>
    /// <param name="Issuer">How the provider calls itself in its metadata; null if that can't be read. Configure exactly this.</param>
    public sealed record Response(bool Passed, string? Issuer, IReadOnlyList<Check> Checks);

    /// <param name="Name">metadata, issuer, endpoints, codeFlow or keys.</param>
    /// <param name="Result">passed, failed, or skipped because an earlier check failed.</param>
    /// <param name="Detail">Why it failed, in the caller's language; otherwise null.</param>
    public sealed record Check(string Name, string Result, string? Detail);

    /// <summary>POST /workspaces/{id}/sso/test</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, [AsParameters] SsoServices services, ProviderMetadata metadata, ProviderHttp http, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!ConfigureSso.IsIssuer(body.Issuer, metadata))
        {
            return ValidationErrors.Of("issuer", ConfigureSso.IssuerRule());
        }

        await using (var connection = await services.Database.OpenAsync(cancellationToken))
        {
            if ((await services.Access.FindAsync(connection, id, cancellationToken)).IsRefused(out var refusal, out _))
            {
                return refusal;
            }
        }

        var language = IdentityTexts.AnswerIn(context);
        var trial = new Trial(ConfigureSso.Candidate(id, body.Issuer), http);
        var checks = new List<Check>();
        foreach (var (name, check) in trial.Checks)
        {
            checks.Add(await RunAsync(name, check, isSkipped: trial.IsUnreadable, language, cancellationToken));
        }

        return TypedResults.Ok(new Response(checks.All(check => check.Result == "passed"), trial.Issuer, checks));
    }

    private static async Task<Check> RunAsync(
        string name, Func<CancellationToken, Task<LocalizedText?>> check, bool isSkipped, Language language, CancellationToken cancellationToken)
    {
        if (isSkipped)
        {
            return new Check(name, "skipped", null);
        }

        try
        {
            return await check(cancellationToken) is { } why ? new Check(name, "failed", why.In(language)) : new Check(name, "passed", null);
        }
        catch (ProviderException failure)
        {
            return new Check(name, "failed", failure.Text.In(language));
        }
    }

    /// <summary>The checks, in their order. Without the metadata there is nothing else to check.</summary>
    private sealed class Trial(SsoProvider provider, ProviderHttp http)
    {
        private OpenIdConnectConfiguration? _metadata;
        private bool _wasRead;

        public IEnumerable<(string Name, Func<CancellationToken, Task<LocalizedText?>> Check)> Checks =>
        [
            ("metadata", ReadAsync),
            ("issuer", _ => Task.FromResult(_metadata!.Issuer?.TrimEnd('/') == provider.Issuer.TrimEnd('/') ? null : IdentityTexts.Of("providers.issuerDiffers"))),
            ("endpoints", _ => Task.FromResult(HasEndpoints() ? null : IdentityTexts.Of("providers.endpoints"))),
            ("codeFlow", _ => Task.FromResult(HasCodeFlow() ? null : IdentityTexts.Of("providers.codeFlow"))),
            ("keys", ReadKeysAsync),
        ];

        public bool IsUnreadable => _wasRead && _metadata is null;

        /// <summary>Shown, so only as a URL that could be configured.</summary>
        public string? Issuer => Uri.TryCreate(_metadata?.Issuer, UriKind.Absolute, out var issuer) && http.Allows(provider, issuer) ? _metadata!.Issuer : null;

        private async Task<LocalizedText?> ReadAsync(CancellationToken cancellationToken)
        {
            _wasRead = true;
            var (status, body) = await http.GetAsync(provider, new Uri(ProviderConfiguration.MetadataOf(provider)), null, cancellationToken);
            if (status != HttpStatusCode.OK)
            {
                return IdentityTexts.Of("providers.metadataStatus", ("status", (int)status));
            }

            try
            {
                _metadata = OpenIdConnectConfiguration.Create(body);
                return null;
            }
            catch (Exception unreadable) when (unreadable is ArgumentException or InvalidOperationException or System.Text.Json.JsonException)
            {
                return IdentityTexts.Of("providers.metadata");
            }
        }

        private bool HasEndpoints() => new[] { _metadata!.AuthorizationEndpoint, _metadata.TokenEndpoint, _metadata.JwksUri }
            .All(endpoint => Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && http.Allows(provider, uri));

        /// <summary>The authorization code flow with PKCE. What a provider doesn't list is not known to be missing.</summary>
        private bool HasCodeFlow() => Lists(_metadata!.ResponseTypesSupported, "code") && Lists(_metadata.CodeChallengeMethodsSupported, "S256") && Lists(_metadata.ScopesSupported, "openid");

        private async Task<LocalizedText?> ReadKeysAsync(CancellationToken cancellationToken)
        {
            if (!Uri.TryCreate(_metadata!.JwksUri, UriKind.Absolute, out var address))
            {
                return IdentityTexts.Of("providers.noKeys");
            }

            var (status, body) = await http.GetAsync(provider, address, null, cancellationToken);
            if (status != HttpStatusCode.OK)
            {
                return IdentityTexts.Of("providers.metadataStatus", ("status", (int)status));
            }

            try
            {
                return new JsonWebKeySet(body).GetSigningKeys().Any(key => key is RsaSecurityKey or ECDsaSecurityKey or X509SecurityKey) ? null : IdentityTexts.Of("providers.noKeys");
            }
            catch (Exception unreadable) when (unreadable is ArgumentException or System.Text.Json.JsonException)
            {
                return IdentityTexts.Of("providers.metadata");
            }
        }

        private static bool Lists(ICollection<string> listed, string value) => listed.Count == 0 || listed.Contains(value);
    }
}
