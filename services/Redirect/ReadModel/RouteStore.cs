using System.Data;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using LinkShort.Contracts;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// The read model in PostgreSQL. Events of a link are ordered by its version, in whatever order they arrive. Each change of a code gets a
/// higher revision, issued under a lock on the code, so that revisions order states as they were committed.
/// </summary>
public sealed class RouteStore(NpgsqlDataSource source, CodeCase codes)
{
    // Classes of advisory locks. Links are locked before codes, and codes in order, so that transactions can't deadlock.
    private const int RebuildLock = 1;
    private const int LinkLock = 2;
    private const int CodeLock = 3;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Rows read before the thread is yielded: it may be one that reads visitors' sockets.</summary>
    private const int RowsPerYield = 512;

    private const string Exact = "r.code = k.code";
    private const string Folded = "(r.code = k.code or r.folded = k.code)";

    // All rows of a link that are not removed have the same version: they are written together.
    private const string Upsert = """
        insert into routes (domain, code, link_id, workspace_id, destination, redirect_type, active_from, expires_at, archived,
                            created_at, version, removed, revision, behavior, folded)
        select s.domain, s.code, s.link_id, s.workspace_id, s.destination, s.redirect_type, s.active_from, s.expires_at, s.archived,
               s.created_at, s.version, false, nextval('route_revision'), s.behavior::jsonb, s.folded
        from unnest(@Domains, @Codes, @LinkIds, @WorkspaceIds, @Destinations, @RedirectTypes, @ActiveFroms, @ExpiresAts, @Archiveds,
                    @CreatedAts, @Versions, @Behaviors, @Foldeds)
             as s (domain, code, link_id, workspace_id, destination, redirect_type, active_from, expires_at, archived, created_at,
                   version, behavior, folded)
        where not exists (
            select 1 from routes o
            where o.link_id = s.link_id and o.workspace_id = s.workspace_id and (o.version > s.version or o.version = s.version and not @isAgain))
          and not (@isAgain and exists (select 1 from workspace_erasures e where e.workspace_id = s.workspace_id))
        on conflict (domain, code, link_id) do update set
            destination = excluded.destination, redirect_type = excluded.redirect_type, active_from = excluded.active_from,
            expires_at = excluded.expires_at, archived = excluded.archived, created_at = excluded.created_at,
            version = excluded.version, removed = false, behavior = excluded.behavior, folded = excluded.folded,
            -- Changes that don't affect this short URL (title, tags, other aliases) keep its revision, so caches stay valid.
            revision = case when @isAgain or (
                routes.removed, routes.destination, routes.redirect_type, routes.active_from, routes.expires_at, routes.archived,
                routes.created_at, routes.behavior, routes.folded)
            is distinct from (
                false, excluded.destination, excluded.redirect_type, excluded.active_from, excluded.expires_at, excluded.archived,
                excluded.created_at, excluded.behavior, excluded.folded) then excluded.revision else routes.revision end
        where routes.workspace_id = excluded.workspace_id and (routes.version < excluded.version
            or routes.version = excluded.version and (
                routes.removed, routes.destination, routes.redirect_type, routes.active_from, routes.expires_at, routes.archived,
                routes.created_at, routes.behavior, routes.folded)
            is distinct from (
                false, excluded.destination, excluded.redirect_type, excluded.active_from, excluded.expires_at, excluded.archived,
                excluded.created_at, excluded.behavior, excluded.folded))
        returning domain, code, revision;

        update routes r set removed = true, destination = null, behavior = null, version = s.version, revision = nextval('route_revision')
        from (select distinct link_id, workspace_id, version from unnest(@LinkIds, @WorkspaceIds, @Versions) as u (link_id, workspace_id, version)) as s
        where r.link_id = s.link_id and r.workspace_id = s.workspace_id and not r.removed
          and (r.version < s.version or r.version = s.version and @isAgain)
          and not exists (
              select 1 from unnest(@Domains, @Codes, @LinkIds) as k (domain, code, link_id)
              where k.link_id = r.link_id and k.domain = r.domain and k.code = r.code)
        returning r.domain, r.code, r.revision;
        """;

    /// <summary>Finds the state of a code: the newest link that has it and isn't removed.</summary>
    public async Task<RouteState> FindAsync(RouteKey key, CancellationToken cancellationToken) =>
        (await FindAsync([key], cancellationToken))[key];

    /// <summary>Finds the states of codes.</summary>
    /// <returns>A state for each of the keys.</returns>
    public async Task<IReadOnlyDictionary<RouteKey, RouteState>> FindAsync(IReadOnlyCollection<RouteKey> keys, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(
            $"""
            -- every workspace: a visitor has none, and a short URL belongs to one link
            select k.domain, k.code, link_id, workspace_id, destination, redirect_type, active_from, expires_at, archived, created_at, removed,
                   revision, behavior
            from unnest(@Domains, @Codes) as k (domain, code) join routes r on r.domain = k.domain and {(codes.IsFolding ? Folded : Exact)}
            """,
            new { Domains = keys.Select(key => key.Domain).ToArray(), Codes = keys.Select(key => key.Code).ToArray() }, cancellationToken);
        var states = keys.ToDictionary(key => key, _ => new RouteState(null, 0));
        foreach (var of in rows.GroupBy(row => new RouteKey(row.Domain, row.Code)))
        {
            states[of.Key] = new RouteState(
                of.Where(row => !row.Removed).MaxBy(row => (row.CreatedAt, row.LinkId))?.ToRoute(), of.Max(row => row.Revision));
        }

        return states;
    }

    /// <summary>
    /// Reads all codes in use, for the filter, in one snapshot. Codes that are not in it are published to every replica after it was taken.
    /// </summary>
    /// <param name="begin">Called with the approximate number of codes before the first is read.</param>
    /// <param name="found">Called for each code, as <see cref="RouteKey.Text"/>.</param>
    /// <returns>When the read model was completed; null if it is incomplete and nothing was read.</returns>
    public async Task<DateTime?> ReadCodesAsync(Action<long> begin, Action<string> found, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // The count comes before the snapshot: once begin was called, messages add their codes to the new filter too.
        begin(await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "-- every workspace: how many codes there are\nselect count(*) from routes where not removed",
            commandTimeout: 0, cancellationToken: cancellationToken)));
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var finished = await FinishedAsync(connection, cancellationToken);
        if (finished is null)
        {
            return null;
        }

        await using var command = new NpgsqlCommand(
            "-- every workspace: a code exists if any workspace uses it\nselect domain, code from routes where not removed",
            connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        for (var read = 1; await reader.ReadAsync(cancellationToken); read++)
        {
            found(codes.KeyOf(reader.GetString(0), reader.GetString(1)).Text);
            if (read % RowsPerYield == 0)
            {
                await Task.Yield();
            }
        }

        return finished;
    }

    /// <returns>When the read model was completed; null while it is incomplete.</returns>
    public async Task<DateTime?> FinishedAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await FinishedAsync(connection, cancellationToken);
    }

    /// <returns>When the link was created; null if it isn't in the read model.</returns>
    public async Task<DateTimeOffset?> CreatedAtAsync(Guid linkId, Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<DateTime?>(
            "select created_at from routes where link_id = @linkId and workspace_id = @workspaceId and not removed limit 1",
            new { linkId, workspaceId }, cancellationToken);
    }

    /// <summary>Writes a link's routes, if it is newer than the stored version.</summary>
    /// <returns>
    /// The short URLs whose caches have to be updated. For a newer version, those whose route changed: often none. Otherwise every short URL of
    /// the link, because the caches may not have been updated after the version was stored.
    /// </returns>
    /// <param name="isRefreshed">Returns every short URL of the link for a newer version too.</param>
    public async Task<IReadOnlyCollection<RouteKey>> ApplyAsync(LinkSnapshot link, bool isRefreshed, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var own = KeysOf(link).Select(key => codes.KeyOf(key.Domain, key.Code));
        var keys = await LockAsync(connection, link.LinkId, link.WorkspaceId, own, cancellationToken);
        var before = await connection.QuerySingleAsync<LinkState>(
            """
            select coalesce(max(version), 0) as version, nextval('route_revision') as revision
            from routes where link_id = @LinkId and workspace_id = @WorkspaceId
            """,
            new { link.LinkId, link.WorkspaceId }, cancellationToken);
        var written = await UpsertAsync(connection, [link], isAgain: false, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return isRefreshed || link.Version <= before.Version
            ? keys
            : written.Where(row => row.Revision > before.Revision).Select(row => codes.KeyOf(row.Domain, row.Code)).ToHashSet();
    }

    /// <summary>Removes a link's routes, if none of them is newer.</summary>
    /// <returns>Every short URL that may have changed.</returns>
    public async Task<IReadOnlyCollection<RouteKey>> RemoveAsync(LinkRemoved link, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var keys = await LockAsync(connection, link.LinkId, link.WorkspaceId, [codes.KeyOf(link.Domain, link.Code)], cancellationToken);
        await connection.ExecuteAsync(
            """
            insert into routes (domain, code, link_id, workspace_id, version, removed, revision, folded)
            values (@Domain, @Code, @LinkId, @WorkspaceId, @Version, true, nextval('route_revision'), @Folded)
            on conflict (domain, code, link_id) do nothing;
            update routes set removed = true, destination = null, behavior = null, version = @Version, revision = nextval('route_revision')
            where link_id = @LinkId and workspace_id = @WorkspaceId and not removed and version <= @Version;
            update routes set version = @Version
            where link_id = @LinkId and workspace_id = @WorkspaceId and version < @Version;
            -- Used clicks are not forgotten by deleting a link and restoring it.
            delete from click_limits where link_id = @LinkId and workspace_id = @WorkspaceId and not @IsRestorable;
            """,
            new { link.Domain, Code = CodeFolding.Plain(link.Code), link.LinkId, link.WorkspaceId, link.Version, IsRestorable = link.IsRestorable is true, Folded = FoldedOf(CodeFolding.Plain(link.Code)) },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return keys;
    }

    /// <summary>
    /// Applies a page of a build and records the progress. The first build only adds newer links. A rebuild also repairs rows of the same
    /// version, and records links that have routes within the page's range of ids but are missing from the page. The last page completes
    /// the rebuild: it removes the routes of all missing links, or refuses to and removes none. Every changed short URL is recorded for
    /// <see cref="CacheRepair"/> in the same transaction.
    /// </summary>
    /// <param name="state">What <see cref="RebuildStateAsync"/> returned before the page was read.</param>
    /// <param name="linkCount">With the last page, the current number of links according to links; null if more pages follow.</param>
    /// <returns>Null if nothing was changed, because another replica applied the page first or another rebuild has started.</returns>
    public async Task<PageChanges?> ApplyPageAsync(RebuildState state, IReadOnlyList<LinkSnapshot> links, long? linkCount, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            $"select pg_advisory_xact_lock({RebuildLock}, 0)", null, cancellationToken);
        var listed = await connection.ExecuteScalarAsync<long?>(
            """
            update rebuild set
                last_link = coalesce(@Last, last_link), listed = listed + @Count,
                finished_at = case when @IsLast then now() else finished_at end,
                start_revision = case when @IsLast then null else start_revision end
            where id = 1 and last_link is not distinct from @LastLink and start_revision is not distinct from @StartRevision
            returning listed
            """,
            new { Last = links.Count == 0 ? (Guid?)null : links[^1].LinkId, links.Count, IsLast = linkCount is not null, state.LastLink, state.StartRevision },
            cancellationToken);
        if (listed is null)
        {
            return null;
        }

        RouteKey[] written = links.Count == 0 ? [] : KeysOf(await UpsertAsync(connection, links, state.IsAgain, cancellationToken));
        var (missing, isRefused, removed) = (0L, false, (IReadOnlyList<RouteKey>)[]);
        if (state.StartRevision is { } start)
        {
            await AddMissingAsync(connection, state.LastLink, links, isLast: linkCount is not null, start, cancellationToken);
            if (linkCount is { } count)
            {
                missing = await MissingAsync(connection, start, cancellationToken);
                // Links that were listed and no longer exist count as missing: hence the minimum.
                isRefused = !state.IsForced && missing > Math.Min(listed.Value, count);
                removed = isRefused ? [] : await RemoveMissingAsync(connection, start, cancellationToken);
            }

            var outcome = linkCount is null ? null : isRefused ? "refused" : "completed";
            await RecordAsync(connection, written.Length, missing, removed.Count, outcome, cancellationToken);
            await AddWrittenAsync(connection, [.. written, .. removed], cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new PageChanges(written.Length, removed.Count, missing, isRefused);
    }

    /// <summary>
    /// Repairs the routes of links that were just read: adds missing routes, and replaces those that are older or of the same version. Newer
    /// events are not undone. Every changed short URL is recorded for <see cref="CacheRepair"/> in the same transaction.
    /// </summary>
    /// <returns>The number of routes written.</returns>
    public async Task<int> RepairAsync(IReadOnlyList<LinkSnapshot> links, CancellationToken cancellationToken)
    {
        if (links.Count == 0)
        {
            return 0;
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            $"select pg_advisory_xact_lock({RebuildLock}, 0)", null, cancellationToken);
        RouteKey[] written = KeysOf(await UpsertAsync(connection, links, isAgain: true, cancellationToken));
        await AddWrittenAsync(connection, written, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return written.Length;
    }

    /// <summary>Removes the routes of links that no longer exist, except those written since <paramref name="startRevision"/>.</summary>
    /// <returns>The number of routes removed.</returns>
    public async Task<int> RemoveLostAsync(IReadOnlyCollection<Guid> links, long startRevision, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            $"select pg_advisory_xact_lock({RebuildLock}, 0)", null, cancellationToken);
        var removed = await connection.QueryAsync<RouteKey>(
            """
            -- every workspace: links of all of them were listed
            with lost as (
                update routes set removed = true, destination = null, behavior = null, revision = nextval('route_revision')
                where not removed and revision < @startRevision and link_id = any(@Links)
                returning domain, code, link_id
            ), forgotten as (
                delete from click_limits where link_id in (select link_id from lost)
            )
            select domain, code from lost
            """,
            new { startRevision, Links = links.ToArray() }, cancellationToken);
        await AddWrittenAsync(connection, removed, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return removed.Count;
    }

    public async Task<RebuildState> RebuildStateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<RebuildState>(
            "select finished_at is not null as finished, last_link, start_revision, forced as is_forced from rebuild where id = 1",
            null, cancellationToken);
    }

    /// <summary>The progress of the running rebuild, or the outcome of the last one.</summary>
    public async Task<RebuildReport> RebuildReportAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<RebuildReport>(
            """
            select case when finished_at is null or start_revision is not null then 'running' else coalesce(outcome, 'never') end as state,
                   listed as links_listed, missing as links_missing, written as routes_written, removed as routes_removed, ended_at
            from rebuild where id = 1
            """,
            null, cancellationToken);
    }

    /// <summary>Starts a rebuild from the first page. Existing routes stay in use.</summary>
    /// <param name="isForced">Removes the routes of links that links lacks, however many these are.</param>
    /// <returns>False while the read model is being built or rebuilt.</returns>
    public async Task<bool> TryRestartAsync(bool isForced, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(
            """
            with started as (
                update rebuild set
                    last_link = null, start_revision = nextval('route_revision'), forced = @isForced,
                    listed = 0, missing = 0, written = 0, removed = 0, outcome = null, ended_at = null
                where id = 1 and finished_at is not null and start_revision is null
                returning id
            ), forgotten as (
                delete from rebuild_missing where exists (select 1 from started)
            )
            select exists (select 1 from started)
            """,
            new { isForced }, cancellationToken);
    }

    /// <summary>Records short URLs whose state in Redis may be outdated.</summary>
    public async Task AddRepairsAsync(IEnumerable<RouteKey> keys, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await AddRepairsAsync(connection, keys, cancellationToken);
    }

    public async Task<IReadOnlyList<CacheRepairRow>> RepairsAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.QueryAsync<CacheRepairRow>(
            "select domain, code, noted from cache_repairs limit @limit", new { limit }, cancellationToken);
    }

    /// <summary>Removes a repair, unless its short URL was recorded again since.</summary>
    public async Task RemoveRepairAsync(CacheRepairRow repair, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            "delete from cache_repairs where domain = @Domain and code = @Code and noted = @Noted", repair, cancellationToken);
    }

    private static Task<DateTime?> FinishedAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<DateTime?>(
            "select finished_at from rebuild where id = 1", null, cancellationToken);

    /// <summary>Records written short URLs for <see cref="CacheRepair"/>, in the form in which they are looked up.</summary>
    private async Task AddWrittenAsync(NpgsqlConnection connection, IReadOnlyList<RouteKey> written, CancellationToken cancellationToken)
    {
        if (written.Count > 0)
        {
            await AddRepairsAsync(connection, written.Select(key => codes.KeyOf(key.Domain, key.Code)).ToHashSet(), cancellationToken);
        }
    }

    private static Task<int> AddRepairsAsync(
        NpgsqlConnection connection, IEnumerable<RouteKey> keys, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            "insert into cache_repairs (domain, code) select * from unnest(@Domains, @Codes) on conflict (domain, code) do update set noted = nextval('route_revision')",
            new { Domains = keys.Select(key => key.Domain).ToArray(), Codes = keys.Select(key => key.Code).ToArray() },
            cancellationToken);

    /// <summary>Records links that the page would list if they existed.</summary>
    private static Task<int> AddMissingAsync(
        NpgsqlConnection connection, Guid? after, IReadOnlyList<LinkSnapshot> page, bool isLast, long startRevision,
        CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            -- every workspace: a page lists the links of all of them
            insert into rebuild_missing (link_id)
            select distinct link_id from routes
            where not removed and revision < @startRevision and link_id <> all(@Listed)
              and (@after::uuid is null or link_id > @after) and (@UpTo::uuid is null or link_id <= @UpTo)
            on conflict do nothing
            """,
            new { startRevision, after, UpTo = isLast ? (Guid?)null : page[^1].LinkId, Listed = page.Select(link => link.LinkId).ToArray() },
            commandTimeout: 0, cancellationToken: cancellationToken));

    /// <summary>Counts missing links. Rows written since the rebuild started may belong to links newer than their page.</summary>
    private static Task<long> MissingAsync(NpgsqlConnection connection, long startRevision, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition(
            """
            -- every workspace: links of all of them were listed
            select count(distinct link_id) from routes
            where not removed and revision < @startRevision and link_id in (select link_id from rebuild_missing)
            """,
            new { startRevision }, commandTimeout: 0, cancellationToken: cancellationToken));

    /// <summary>Leaves tombstones. They keep their version, so that only a later one, or another rebuild, can restore the route.</summary>
    private static Task<IReadOnlyList<RouteKey>> RemoveMissingAsync(
        NpgsqlConnection connection, long startRevision, CancellationToken cancellationToken) =>
        connection.QueryAsync<RouteKey>(new CommandDefinition(
            """
            -- every workspace: links of all of them were listed
            with missing as (
                update routes set removed = true, destination = null, behavior = null, revision = nextval('route_revision')
                where not removed and revision < @startRevision and link_id in (select link_id from rebuild_missing)
                returning domain, code, link_id
            ), forgotten as (
                delete from click_limits where link_id in (select link_id from missing)
            )
            select domain, code from missing
            """,
            new { startRevision }, commandTimeout: 0, cancellationToken: cancellationToken));

    /// <param name="outcome">Null while more pages follow.</param>
    private static Task<int> RecordAsync(
        NpgsqlConnection connection, int written, long missing, int removed, string? outcome, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            update rebuild set
                written = written + @written, missing = @missing, removed = @removed, outcome = @outcome, ended_at = case when @outcome::text is null then null else now() end
            where id = 1;
            delete from rebuild_missing where @outcome::text is not null;
            """,
            new { written, missing, removed, outcome }, commandTimeout: 0, cancellationToken: cancellationToken));

    private async Task<IReadOnlyCollection<RouteKey>> LockAsync(
        NpgsqlConnection connection, Guid linkId, Guid workspaceId, IEnumerable<RouteKey> own, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(
            $"""
            select pg_advisory_xact_lock_shared({RebuildLock}, 0);
            select pg_advisory_xact_lock({LinkLock}, hashtext(@Link));
            """,
            new { Link = linkId.ToString() }, cancellationToken);
        var left = await connection.QueryAsync<RouteKey>(
            """
            -- With those that the stored version dropped: it may have been stored without an update of the caches.
            select domain, code from routes
            where link_id = @linkId and workspace_id = @workspaceId
              and (not removed or version = (select max(version) from routes where link_id = @linkId and workspace_id = @workspaceId))
            """,
            new { linkId, workspaceId }, cancellationToken);
        var keys = left.Select(key => codes.KeyOf(key.Domain, key.Code)).Concat(own).ToHashSet();
        await connection.ExecuteAsync(
            $"""
            select pg_advisory_xact_lock({CodeLock}, hash)
            from (select distinct hashtext(key) as hash from unnest(@Keys) as key order by 1) as hashes
            """,
            new { Keys = keys.Select(each => each.Text).ToArray() }, cancellationToken);
        return keys;
    }

    /// <summary>A link's own code and its aliases, as they are stored, each once.</summary>
    private static IEnumerable<RouteKey> KeysOf(LinkSnapshot link) =>
        (link.Aliases ?? []).Prepend(link.Code).Select(CodeFolding.Plain).Distinct(StringComparer.Ordinal).Select(code => new RouteKey(link.Domain, code));

    private static RouteKey[] KeysOf(IReadOnlyList<Written> rows) => [.. rows.Select(row => new RouteKey(row.Domain, row.Code))];

    private static string? FoldedOf(string code) => CodeFolding.Fold(code) is var folded && ReferenceEquals(folded, code) ? null : folded;

    /// <param name="isAgain">Also repairs rows of the same version, except those of erased workspaces.</param>
    /// <returns>The short URLs that were written, as stored.</returns>
    private static Task<IReadOnlyList<Written>> UpsertAsync(
        NpgsqlConnection connection, IReadOnlyList<LinkSnapshot> links, bool isAgain, CancellationToken cancellationToken) =>
        connection.QueryAsync<Written>(Upsert, UpsertParameters(links, isAgain), cancellationToken);

    private static object UpsertParameters(IReadOnlyList<LinkSnapshot> links, bool isAgain)
    {
        var rows = links
            .SelectMany(link => KeysOf(link).Select(key => (Key: key, Link: link, Behavior: link.Behavior is null ? null : JsonSerializer.Serialize(link.Behavior, Json))))
            .ToList();
        return new
        {
            Domains = rows.Select(row => row.Key.Domain).ToArray(),
            Codes = rows.Select(row => row.Key.Code).ToArray(),
            LinkIds = rows.Select(row => row.Link.LinkId).ToArray(),
            WorkspaceIds = rows.Select(row => row.Link.WorkspaceId).ToArray(),
            Destinations = rows.Select(row => row.Link.Destination).ToArray(),
            RedirectTypes = rows.Select(row => row.Link.RedirectType).ToArray(),
            ActiveFroms = rows.Select(row => row.Link.ActiveFrom?.UtcDateTime).ToArray(),
            ExpiresAts = rows.Select(row => row.Link.ExpiresAt?.UtcDateTime).ToArray(),
            Archiveds = rows.Select(row => row.Link.Archived).ToArray(),
            CreatedAts = rows.Select(row => row.Link.CreatedAt.UtcDateTime).ToArray(),
            Versions = rows.Select(row => row.Link.Version).ToArray(),
            Behaviors = rows.Select(row => row.Behavior).ToArray(),
            Foldeds = rows.Select(row => FoldedOf(row.Key.Code)).ToArray(),
            isAgain,
        };
    }

    private sealed record Written(string Domain, string Code, long Revision);

    private sealed record LinkState(long Version, long Revision);

    private sealed record Row(
        string Domain, string Code, Guid LinkId, Guid WorkspaceId, string? Destination, int? RedirectType, DateTimeOffset? ActiveFrom, DateTimeOffset? ExpiresAt,
        bool Archived, DateTimeOffset? CreatedAt, bool Removed, long Revision, string? Behavior)
    {
        public Route ToRoute() => new(
            LinkId, WorkspaceId, Destination!, RedirectType!.Value, ActiveFrom, ExpiresAt, Archived,
            Behavior is null ? null : JsonSerializer.Deserialize<LinkBehavior>(Behavior, Json));
    }
}

/// <param name="Finished">The read model was completed at least once, and is in use.</param>
/// <param name="LastLink">Id of the last link of the last applied page; null before the first.</param>
/// <param name="StartRevision">Routes with a lower revision were written before the rebuild started; null if none is running.</param>
/// <param name="IsForced">Routes of links that links lacks are removed, however many these are.</param>
public sealed record RebuildState(bool Finished, Guid? LastLink, long? StartRevision, bool IsForced)
{
    /// <summary>Links are read again, although the read model is complete.</summary>
    public bool IsAgain => StartRevision is not null;

    public bool IsRunning => !Finished || IsAgain;
}

/// <param name="State"><c>running</c>, <c>completed</c>, <c>refused</c>, or <c>never</c> if no rebuild was requested yet.</param>
/// <param name="LinksListed">Links that links listed.</param>
/// <param name="LinksMissing">Links that have routes here and that links did not list; 0 while the rebuild is running.</param>
/// <param name="RoutesWritten">Routes that were added or repaired.</param>
/// <param name="RoutesRemoved">Routes of missing links: all of them, or none if the rebuild was refused.</param>
public sealed record RebuildReport(string State, long LinksListed, long LinksMissing, long RoutesWritten, long RoutesRemoved, DateTime? EndedAt);

/// <param name="Written">Routes that were added, repaired, or removed because their link no longer has the code.</param>
/// <param name="Removed">Routes of links that no longer exist.</param>
/// <param name="Missing">Links that have routes here and that no page listed; counted with the last page.</param>
/// <param name="IsRefused">More links are missing than exist, so links may have lost its data: no route was removed.</param>
public sealed record PageChanges(int Written, int Removed, long Missing, bool IsRefused);

/// <param name="Noted">Increases each time the short URL is recorded.</param>
public sealed record CacheRepairRow(string Domain, string Code, long Noted);
