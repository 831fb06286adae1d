using System.Net;
using System.Text.Json;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Analytics.KnownLinks;

/// <param name="CreatedAt">Null if only the removal was received.</param>
public sealed record KnownLink(Guid WorkspaceId, Guid LinkId, long Version, DateTimeOffset? CreatedAt, bool Removed);

/// <summary>Which links exist and which workspace they belong to, from events; a link without an event yet is looked up in links.</summary>
public sealed class LinkDirectory(Database database, IHttpClientFactory clients)
{
    public const string LinksClient = "links";

    /// <summary>Idempotent, so it needs no inbox: a repeated or older event changes nothing.</summary>
    public async Task SaveAsync(KnownLink link, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            insert into links as l (workspace_id, link_id, version, created_at, removed)
            values (@WorkspaceId, @LinkId, @Version, @CreatedAt, @Removed)
            on conflict (workspace_id, link_id) do update
            set version = excluded.version, created_at = coalesce(excluded.created_at, l.created_at), removed = excluded.removed
            where l.version < excluded.version
            """, link, cancellationToken);
    }

    /// <param name="authorization">The caller's Authorization header, for the request to links.</param>
    /// <exception cref="DependencyUnavailableException">links did not return a usable response.</exception>
    public async Task<bool> ExistsAsync(Guid workspaceId, Guid linkId, string authorization, CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            var removed = await connection.QuerySingleOrDefaultAsync<bool?>(
                "select removed from links where workspace_id = @workspaceId and link_id = @linkId",
                new { workspaceId, linkId }, cancellationToken);
            if (removed is not null)
            {
                return removed is false;
            }
        }

        if (await FindInLinksAsync(workspaceId, linkId, authorization, cancellationToken) is not { } link)
        {
            return false;
        }

        await SaveAsync(link, cancellationToken);
        return true;
    }

    private async Task<KnownLink?> FindInLinksAsync(Guid workspaceId, Guid linkId, string authorization, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(LinksClient);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/links/{linkId}");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            // The link doesn't exist, belongs to another workspace, or the token may not read links: then only events count.
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.Gone)
            {
                return null;
            }

            response.EnsureSuccessStatusCode();
            using var body = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            // Any event may be newer than a response without a version.
            var version = body.RootElement.TryGetProperty("version", out var number) && number.TryGetInt64(out var value) ? value : 0;
            var created = body.RootElement.TryGetProperty("createdAt", out var time) && time.TryGetDateTimeOffset(out var at) ? at : (DateTimeOffset?)null;
            return new KnownLink(workspaceId, linkId, version, created, Removed: false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new DependencyUnavailableException("links", exception);
        }
    }
}
