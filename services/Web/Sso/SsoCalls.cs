using System.Text.Json.Serialization;
using LinkShort.Web.Sso;

namespace LinkShort.Web.Api;

/// <summary>Single sign-on: starting, finishing, connecting, and a workspace's own provider.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<PageOf<SsoProvider>>> SsoProvidersAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<SsoProvider>>(HttpMethod.Get, "/auth/sso/providers", null, cancellationToken);

    /// <param name="provider">Either this or the email address.</param>
    /// <param name="fresh">The user has to sign in at the provider again.</param>
    public Task<ApiResult<SsoStart>> StartSsoAsync(
        string? provider, string? email, string browserKey, string? returnUrl, bool fresh, CancellationToken cancellationToken) =>
        AskAsync<SsoStart>(HttpMethod.Post, "/auth/sso/start", new { provider, email, browserKey, returnUrl, fresh }, cancellationToken);

    public Task<ApiResult<SsoResult>> FinishSsoAsync(SsoReturn back, CancellationToken cancellationToken) =>
        AskAsync<SsoResult>(HttpMethod.Post, "/auth/sso/callback", back, cancellationToken);

    public Task<ApiResult<PageOf<LinkedProvider>>> LinkedProvidersAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<LinkedProvider>>(HttpMethod.Get, "/me/sso", null, cancellationToken);

    public Task<ApiResult<SsoStart>> LinkProviderAsync(string provider, string browserKey, string returnUrl, CancellationToken cancellationToken) =>
        AskAsync<SsoStart>(HttpMethod.Post, $"/me/sso/{Uri.EscapeDataString(provider)}/link", new { browserKey, returnUrl }, cancellationToken);

    public Task<ApiResult<Done>> UnlinkProviderAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/me/sso/{id}", null, null, cancellationToken);

    public Task<ApiResult<WorkspaceSso>> WorkspaceSsoAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"/workspaces/{workspaceId}/sso", null, null,
            async response => await ReadAsync<WorkspaceSso>(response, cancellationToken) with { ETag = response.Headers.ETag?.ToString() }, cancellationToken);

    public Task<ApiResult<Done>> ConfigureSsoAsync(Guid workspaceId, SsoChange change, string? etag, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Put, $"/workspaces/{workspaceId}/sso", change, etag, cancellationToken);

    public Task<ApiResult<SsoTest>> TestSsoAsync(Guid workspaceId, string issuer, CancellationToken cancellationToken) =>
        AskAsync<SsoTest>(HttpMethod.Post, $"/workspaces/{workspaceId}/sso/test", new { issuer }, cancellationToken);

    public Task<ApiResult<Done>> RemoveSsoAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/workspaces/{workspaceId}/sso", null, null, cancellationToken);

    public Task<ApiResult<SsoDomain>> AddSsoDomainAsync(Guid workspaceId, string domain, CancellationToken cancellationToken) =>
        AskAsync<SsoDomain>(HttpMethod.Post, $"/workspaces/{workspaceId}/sso/domains", new { domain }, cancellationToken);

    public Task<ApiResult<SsoDomain>> VerifySsoDomainAsync(Guid workspaceId, string domain, CancellationToken cancellationToken) =>
        AskAsync<SsoDomain>(HttpMethod.Post, $"/workspaces/{workspaceId}/sso/domains/{Uri.EscapeDataString(domain)}/verify", null, cancellationToken);

    public Task<ApiResult<Done>> RemoveSsoDomainAsync(Guid workspaceId, string domain, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/workspaces/{workspaceId}/sso/domains/{Uri.EscapeDataString(domain)}", null, null, cancellationToken);
}

public sealed record SsoProvider(string Name, string DisplayName);

public sealed record SsoStart(string AuthorizationUrl, int ExpiresIn);

/// <summary>The parameters of the provider's redirect.</summary>
public sealed record SsoReturn(
    string Provider,
    string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Iss,
    string BrowserKey);

/// <summary>Tokens, or the provider that was connected.</summary>
public sealed record SsoResult(string? AccessToken, string? RefreshToken, int? ExpiresIn, string? Linked, string? ReturnUrl);

public sealed record LinkedProvider(Guid Id, string Provider, string DisplayName, string? Email, DateTimeOffset LinkedAt, DateTimeOffset LastUsedAt);
