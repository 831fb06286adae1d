using System.Runtime.InteropServices;
using LinkShort.Analytics.Enrichment;
using LinkShort.Visitors;

namespace LinkShort.Analytics.Rollups;

/// <summary>The rollups and totals of a group of clicks, to be added to the stored ones.</summary>
public sealed class RollupDelta
{
    private readonly Dictionary<RollupKey, RollupCell> _cells = [];
    private readonly Dictionary<(Guid WorkspaceId, Guid LinkId), (long Clicks, long BotClicks)> _totals = [];

    private RollupDelta()
    {
    }

    public IReadOnlyDictionary<RollupKey, RollupCell> Cells => _cells;

    /// <summary>By (workspace, link), with <see cref="RollupKey.AllLinks"/> for the workspace.</summary>
    public IReadOnlyDictionary<(Guid WorkspaceId, Guid LinkId), (long Clicks, long BotClicks)> Totals => _totals;

    public static RollupDelta Of(IEnumerable<EnrichedBatch> batches)
    {
        var delta = new RollupDelta();
        foreach (var batch in batches)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                delta.Add(batch[i]);
            }
        }

        delta.Complete();
        return delta;
    }

    public static async Task<RollupDelta> OfAsync(IAsyncEnumerable<EnrichedClick> clicks, CancellationToken cancellationToken)
    {
        var delta = new RollupDelta();
        await foreach (var click in clicks.WithCancellation(cancellationToken))
        {
            delta.Add(in click);
        }

        delta.Complete();
        return delta;
    }

    private void Complete()
    {
        AddWorkspaces();
        Coarsen(Grain.Quarter, Grain.Hour);
        Coarsen(Grain.Hour, Grain.Day);
    }

    private void Add(in EnrichedClick click)
    {
        if (click.LinkId == RollupKey.AllLinks)
        {
            return;
        }

        var key = new RollupKey(click.WorkspaceId, click.LinkId, Grain.Quarter, Grain.Quarter.Floor(click.At));
        ref var cell = ref CollectionsMarshal.GetValueRefOrAddDefault(_cells, key, out _);
        cell ??= new RollupCell();
        cell.Add(in click);

        ref var total = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, (click.WorkspaceId, click.LinkId), out _);
        total = click.Class.IsBot() ? total with { BotClicks = total.BotClicks + 1 } : total with { Clicks = total.Clicks + 1 };
    }

    /// <summary>Adds up the links' sums, which are far fewer than the clicks.</summary>
    private void AddWorkspaces()
    {
        foreach (var (key, cell) in _cells.ToArray())
        {
            ref var whole = ref CollectionsMarshal.GetValueRefOrAddDefault(_cells, key with { LinkId = RollupKey.AllLinks }, out _);
            whole ??= new RollupCell();
            whole.Merge(cell);
        }

        foreach (var (key, total) in _totals.ToArray())
        {
            ref var whole = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, (key.WorkspaceId, RollupKey.AllLinks), out _);
            whole = (whole.Clicks + total.Clicks, whole.BotClicks + total.BotClicks);
        }
    }

    /// <summary>
    /// Clicks of one link mostly fall into one quarter, whose cell is then shared by the hour and the day. Cells of a delta must therefore not
    /// be changed after this.
    /// </summary>
    private void Coarsen(Grain fine, Grain coarse)
    {
        foreach (var group in _cells
            .Where(cell => cell.Key.Grain == fine)
            .GroupBy(cell => cell.Key with { Grain = coarse, Start = coarse.Floor(cell.Key.Start) })
            .ToArray())
        {
            var parts = group.Select(part => part.Value).ToArray();
            if (parts.Length == 1)
            {
                _cells[group.Key] = parts[0];
                continue;
            }

            var whole = new RollupCell();
            foreach (var part in parts)
            {
                whole.Merge(part);
            }

            _cells[group.Key] = whole;
        }
    }
}
