using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Api;

/// <summary>Workspaces: list, create, change, delete, transfer, switch.</summary>
public sealed partial class LinkShortApi
{
    /// <summary>The visitor's workspaces, oldest first; the first page of the API's list.</summary>
    public Task<ApiResult<PageOf<Workspace>>> ListWorkspacesAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<Workspace>>(HttpMethod.Get, "/workspaces?limit=200", null, cancellationToken);

    public Task<ApiResult<Workspace>> GetWorkspaceAsync(Guid id, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get,
            $"/workspaces/{id}",
            null,
            null,
            async response => await ReadAsync<Workspace>(response, cancellationToken) with { ETag = response.Headers.ETag?.ToString() },
            cancellationToken);

    public Task<ApiResult<Workspace>> CreateWorkspaceAsync(string name, CancellationToken cancellationToken) =>
        AskAsync<Workspace>(HttpMethod.Post, "/workspaces", new { name }, cancellationToken);

    /// <param name="etag">Of the version that was edited; if the workspace has changed since, the API answers 412.</param>
    public Task<ApiResult<Done>> RenameWorkspaceAsync(Guid id, string name, string? etag, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, $"/workspaces/{id}", new { name }, etag, cancellationToken);

    public Task<ApiResult<Done>> RequireTwoFactorAsync(Guid id, bool requireTwoFactor, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, $"/workspaces/{id}", new { requireTwoFactor }, null, cancellationToken);

    public Task<ApiResult<Workspace>> DeleteWorkspaceAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<Workspace>(HttpMethod.Delete, $"/workspaces/{id}", null, cancellationToken);

    public Task<ApiResult<Workspace>> RestoreWorkspaceAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<Workspace>(HttpMethod.Post, $"/workspaces/{id}/restore", null, cancellationToken);

    public Task<ApiResult<Workspace>> TransferWorkspaceAsync(Guid id, Guid userId, CancellationToken cancellationToken) =>
        AskAsync<Workspace>(HttpMethod.Post, $"/workspaces/{id}/transfer", new { userId }, cancellationToken);

    /// <summary>For <see cref="Sessions.SessionRenewal.ExchangeAsync"/> only, because it uses up the refresh token.</summary>
    public Task<ApiResult<Tokens>> SwitchWorkspaceAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        AskAsync<Tokens>(HttpMethod.Post, "/auth/switch", new { workspaceId }, cancellationToken);
}
