using LinkShort.Analytics.Enrichment;
using LinkShort.Visitors;

namespace LinkShort.Analytics.Rollups;

/// <summary>What is known of one link (or all of a workspace's) in one period.</summary>
public sealed class RollupCell
{
    /// <summary>Clicks that count: people's, and tools' in their hands. See <see cref="ClickClasses.IsBot"/>.</summary>
    public long Clicks { get; private set; }

    public long BotClicks { get; private set; }

    /// <summary>Distinct visitors among <see cref="Clicks"/>; who asks not to be profiled is a click, but not a visitor.</summary>
    public VisitorSketch Visitors { get; private init; } = new();

    /// <summary>What <see cref="Clicks"/> are made of; by class also the bots.</summary>
    public DimensionCounts Dimensions { get; } = new();

    public void Add(in EnrichedClick click)
    {
        Dimensions.Add(Dimension.Class, click.Class.Name(), 1);
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
        ArgumentNullException.ThrowIfNull(other);
        Clicks += other.Clicks;
        BotClicks += other.BotClicks;
        Visitors.Merge(other.Visitors);
        Dimensions.Merge(other.Dimensions);
    }

    /// <summary>A stored row.</summary>
    public static RollupCell Read(long clicks, long botClicks, byte[] visitors, string dimensions)
    {
        var cell = new RollupCell { Clicks = clicks, BotClicks = botClicks, Visitors = VisitorSketch.FromBytes(visitors) };
        cell.Dimensions.Merge(dimensions);
        return cell;
    }
}
