using System.Net;
using System.Text.Json;
using Dapper;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Analytics.KnownLinks;

/// <param name="CreatedAt">Null when only the removal was heard of.</param>
public sealed record KnownLink(Guid WorkspaceId, Guid LinkId, long Version, DateTimeOffset? CreatedAt, bool Removed);

/// <summary>Which links exist, and whose they are, as far as events told; what they have not told yet, links is asked.</summary>
public sealed class LinkDirectory(Database database, IHttpClientFactory clients)
{
    public const string LinksClient = "links";

    /// <summary>Needs no inbox: the same event again, or an older one, changes nothing.</summary>
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

    /// <param name="authorization">The caller's Authorization header, with which links is asked about a link that is new here.</param>
    /// <exception cref="DependencyUnavailableException">links gave no usable answer.</exception>
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

        if (await AskLinksAsync(workspaceId, linkId, authorization, cancellationToken) is not { } link)
        {
            return false;
        }

        await SaveAsync(link, cancellationToken);
        return true;
    }

    private async Task<KnownLink?> AskLinksAsync(Guid workspaceId, Guid linkId, string authorization, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(LinksClient);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/links/{linkId}");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            // Not there, someone else's, or the token may not read links: then there is only what events tell.
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.Gone)
            {
                return null;
            }

            response.EnsureSuccessStatusCode();
            using var body = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            // Whatever event comes may be newer than an answer without a version.
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
