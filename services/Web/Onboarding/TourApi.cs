namespace LinkShort.Web.Api;

/// <param name="Features">By name, as evaluated for the caller.</param>
public sealed record FeatureList(IReadOnlyDictionary<string, FeatureState> Features);

public sealed record FeatureState(bool Enabled);

/// <summary>The calls that determine the progress of a new account.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<FeatureList>> FeaturesAsync(CancellationToken cancellationToken) =>
        AskAsync<FeatureList>(HttpMethod.Get, "/me/features", null, cancellationToken);

    public Task<ApiResult<PageOf<Link>>> MostClickedLinkAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<Link>>(HttpMethod.Get, "/links?limit=1&sort=clicks", null, cancellationToken);

    /// <returns>At most two: the caller, and another member.</returns>
    public Task<ApiResult<PageOf<System.Text.Json.JsonElement>>> HasColleaguesAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        AskAsync<PageOf<System.Text.Json.JsonElement>>(HttpMethod.Get, $"/workspaces/{workspaceId}/members?limit=2", null, cancellationToken);

    /// <returns>At most one.</returns>
    public Task<ApiResult<PageOf<System.Text.Json.JsonElement>>> HasInvitationsAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        AskAsync<PageOf<System.Text.Json.JsonElement>>(HttpMethod.Get, $"/workspaces/{workspaceId}/invitations?limit=1", null, cancellationToken);
}
