using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// Compares the read model with links, by ranges of link ids, and repairs differences caused by lost events or manual changes. A range that
/// differs is compared again after a few seconds, because an event may be in flight, and only then read. Routes of links that no longer
/// exist are removed at the end, unless there are so many that links may have lost its data.
/// </summary>
public sealed partial class Reconciliation(
    RouteStore routes, ReconciliationStore store, LinksClient links, RedirectTelemetry telemetry, IOptions<RedirectOptions> options, TimeProvider time,
    ILogger<Reconciliation> logger)
    : BackgroundJob("Comparing the read model with links", time, logger), IHealthCheck
{
    private const int LinksPerRange = 1_000;
    private const int RangesPerRequest = 200;
    private const int PageSize = 500;

    /// <summary>So few that lost events explain them, even in a small installation.</summary>
    private const int AlwaysRemovable = 100;

    /// <summary>An event takes less than a second, unless RabbitMQ is unavailable.</summary>
    private static readonly TimeSpan EventDelay = TimeSpan.FromSeconds(3);

    private volatile string? _note;

    /// <summary>Always healthy, with a note about the last repair.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HealthCheckResult.Healthy(_note));

    protected override TimeSpan Interval => options.Value.ReconcileInterval * (0.9 + (0.2 * Random.Shared.NextDouble()));

    protected override TimeSpan FirstAfter => Interval;

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var turn = await store.TryBeginAsync(options.Value.ReconcileInterval / 2, cancellationToken);
        if (turn is not null)
        {
            await ReconcileAsync(cancellationToken);
            await turn.CompleteAsync(cancellationToken);
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var (differing, total) = await CompareAsync(cancellationToken);
        var (written, lost, removed) = (0, new HashSet<Guid>(), 0);
        var limit = (int)Math.Max(AlwaysRemovable, Math.Min(int.MaxValue - 1, total / 100));
        var isRefused = false;
        if (differing.Count > 0)
        {
            await Task.Delay(EventDelay < options.Value.ReconcileInterval ? EventDelay : options.Value.ReconcileInterval, Time, cancellationToken);
            // Read before links are listed: the list includes every existing link with an older route.
            var startRevision = await store.RevisionAsync(cancellationToken);
            foreach (var (after, upTo) in differing)
            {
                if (await DiffersAsync(after, upTo, cancellationToken))
                {
                    written += await RepairAsync(after, upTo, startRevision, lost, limit + 1, cancellationToken);
                }
            }

            isRefused = lost.Count > limit;
            removed = isRefused || lost.Count == 0 ? 0 : await routes.RemoveLostAsync(lost, startRevision, cancellationToken);
        }

        telemetry.Reconciled(written, removed, isRefused);
        if (isRefused)
        {
            Log.Refused(Logger, limit, total);
            _note = $"At {Time.GetUtcNow().UtcDateTime:u} more than {limit} links had routes here and were missing in links: none was removed.";
        }
        else if (written + removed > 0)
        {
            Log.Repaired(Logger, written, removed);
            _note = $"At {Time.GetUtcNow().UtcDateTime:u} {written} routes were repaired and {removed} removed, as links has them.";
        }
    }

    /// <returns>The ranges that differ, and how many links there are.</returns>
    private async Task<(List<(Guid? After, Guid? UpTo)> Differing, long Links)> CompareAsync(CancellationToken cancellationToken)
    {
        var differing = new List<(Guid?, Guid?)>();
        var total = 0L;
        IReadOnlyList<LinkRange> theirs;
        for (Guid? after = null; ; after = theirs[^1].UpTo)
        {
            theirs = await links.RangesAsync(after, upTo: null, LinksPerRange, RangesPerRequest, cancellationToken);
            if (theirs.Count == 0)
            {
                throw new JsonException("links returned no ranges.");
            }

            var ours = await store.RangesAsync(after, [.. theirs.Select(range => range.UpTo)], cancellationToken);
            var start = after;
            foreach (var (their, our) in theirs.Zip(ours))
            {
                total += their.Links;
                if (their != our)
                {
                    differing.Add((start, their.UpTo));
                }

                start = their.UpTo;
            }

            if (start is null)
            {
                return (differing, total);
            }
        }
    }

    private async Task<bool> DiffersAsync(Guid? after, Guid? upTo, CancellationToken cancellationToken)
    {
        var theirs = await links.RangesAsync(after, upTo, LinksPerRange, RangesPerRequest, cancellationToken);
        if (theirs.Count == 0 || theirs[^1].UpTo is not null)
        {
            // Many links were added to the range since.
            return true;
        }

        var ours = (await store.RangesAsync(after, [upTo], cancellationToken))[0];
        return (ours.Links, ours.Checksum) != (theirs.Sum(range => range.Links), theirs.Aggregate(0L, (sum, range) => sum ^ range.Checksum));
    }

    /// <summary>Reads a range page by page. Two replicas can safely do this at the same time.</summary>
    /// <param name="lost">Receives links that have routes here and don't exist, up to <paramref name="maxLost"/>.</param>
    private async Task<int> RepairAsync(
        Guid? after, Guid? upTo, long startRevision, HashSet<Guid> lost, int maxLost, CancellationToken cancellationToken)
    {
        var written = 0;
        for (var isLast = false; !isLast;)
        {
            List<LinkSnapshot> page = [];
            await foreach (var link in links.ListAsync(after, upTo, PageSize, cancellationToken))
            {
                page.Add(link);
            }

            isLast = page.Count < PageSize;
            written += await routes.RepairAsync(page, cancellationToken);
            if (lost.Count < maxLost)
            {
                var end = isLast ? upTo : page[^1].LinkId;
                lost.UnionWith(await store.LostAsync(
                    after, end, page.Select(link => link.LinkId), startRevision, maxLost - lost.Count, cancellationToken));
            }

            after = page.Count == 0 ? after : page[^1].LinkId;
        }

        return written;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The read model differed from links: {Written} routes were written, {Removed} removed. Events were lost or late, or the database was changed manually.")]
        public static partial void Repaired(ILogger logger, int written, int removed);

        [LoggerMessage(LogLevel.Error, "No route was removed: more than {Limit} links with routes here are missing in links, which has {Count}. Check that links has all its data, then rebuild the read model.")]
        public static partial void Refused(ILogger logger, int limit, long count);
    }
}
