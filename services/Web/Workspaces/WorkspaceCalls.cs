using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Api;

/// <summary>Workspaces: list, make, change, delete, hand over, switch to.</summary>
public sealed partial class LinkShortApi
{
    /// <summary>The visitor's, oldest first; as many as the API tells at once.</summary>
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

    /// <param name="etag">Of the workspace that the change was made from; another change in the meantime answers 412.</param>
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

    /// <summary>Only by <see cref="Sessions.SessionRenewal.ExchangeAsync"/>: the refresh token from before is used up.</summary>
    public Task<ApiResult<Tokens>> SwitchWorkspaceAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        AskAsync<Tokens>(HttpMethod.Post, "/auth/switch", new { workspaceId }, cancellationToken);
}
