using LinkShort.Analytics.Enrichment;
using LinkShort.Visitors;

namespace LinkShort.Analytics.Rollups;

/// <summary>The counts of one link, or of all links of a workspace, in one period.</summary>
public sealed class RollupCell
{
    /// <summary>Clicks of people and of tools that people use. See <see cref="ClickClasses.IsBot"/>.</summary>
    public long Clicks { get; private set; }

    public long BotClicks { get; private set; }

    /// <summary>Distinct visitors among <see cref="Clicks"/>. Clicks of visitors who ask not to be profiled have none.</summary>
    public VisitorSketch Visitors { get; private init; } = new();

    /// <summary>Distinct visitors, estimated; never more than there are clicks.</summary>
    public long VisitorCount => Math.Min(Visitors.Count(), Clicks);

    /// <summary>The breakdown of <see cref="Clicks"/>; those by class and reason include bots.</summary>
    public DimensionCounts Dimensions { get; } = new();

    public void Add(in EnrichedClick click)
    {
        Dimensions.Add(Dimension.Class, click.Class.Name(), 1);
        if (click.Reason is { } reason)
        {
            Dimensions.Add(Dimension.Reason, reason, 1);
        }

        if (click.Class.IsBot())
        {
            BotClicks++;
            return;
        }

        Clicks++;
        if (click.Visitor is { } visitor)
        {
            Visitors.Add(visitor);
        }

        Dimensions.Add(Dimension.Referrer, click.Referrer, 1);
        Dimensions.Add(Dimension.Browser, click.Browser, 1);
        Dimensions.Add(Dimension.Os, click.Os, 1);
        Dimensions.Add(Dimension.Device, click.Device, 1);
        Dimensions.Add(Dimension.Language, click.Language, 1);
        Dimensions.Add(Dimension.Geo, click.Geo, 1);
        if (click.Variant is { } variant)
        {
            Dimensions.Add(Dimension.Variant, variant, 1);
        }
    }

    public void Merge(RollupCell other)
    {
        Clicks += other.Clicks;
        BotClicks += other.BotClicks;
        Visitors.Merge(other.Visitors);
        Dimensions.Merge(other.Dimensions);
    }

    /// <summary>Reads a stored row.</summary>
    public static RollupCell Read(long clicks, long botClicks, byte[] visitors, string dimensions)
    {
        var cell = new RollupCell { Clicks = clicks, BotClicks = botClicks, Visitors = VisitorSketch.FromBytes(visitors) };
        cell.Dimensions.Merge(dimensions);
        return cell;
    }
}
