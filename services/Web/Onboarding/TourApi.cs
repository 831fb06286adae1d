namespace LinkShort.Web.Api;

/// <param name="Features">By name, as they are for the caller.</param>
public sealed record FeatureList(IReadOnlyDictionary<string, FeatureState> Features);

public sealed record FeatureState(bool Enabled);

/// <summary>What shows how far a new account has come.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<FeatureList>> FeaturesAsync(CancellationToken cancellationToken) =>
        AskAsync<FeatureList>(HttpMethod.Get, "/me/features", null, cancellationToken);

    public Task<ApiResult<PageOf<Link>>> MostClickedLinkAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<Link>>(HttpMethod.Get, "/links?limit=1&sort=clicks", null, cancellationToken);

    /// <returns>Two at the most: oneself, and somebody else.</returns>
    public Task<ApiResult<PageOf<System.Text.Json.JsonElement>>> HasColleaguesAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        AskAsync<PageOf<System.Text.Json.JsonElement>>(HttpMethod.Get, $"/workspaces/{workspaceId}/members?limit=2", null, cancellationToken);

    /// <returns>One at the most.</returns>
    public Task<ApiResult<PageOf<System.Text.Json.JsonElement>>> HasInvitationsAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        AskAsync<PageOf<System.Text.Json.JsonElement>>(HttpMethod.Get, $"/workspaces/{workspaceId}/invitations?limit=1", null, cancellationToken);
}
