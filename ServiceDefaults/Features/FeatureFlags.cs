using System.Collections.Concurrent;
using LinkShort.Contracts;
using Microsoft.FeatureManagement;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>A snapshot of all flags.</summary>
/// <param name="Revision">The latest change. A known flag that isn't listed, and isn't newer, was deleted.</param>
public sealed record CurrentFeatureFlags(long Revision, IReadOnlyList<FeatureFlag> Flags);

/// <summary>The flags that this replica knows, in memory, as definitions for Microsoft.FeatureManagement. Fed by <see cref="FeatureFeed"/>.</summary>
public sealed class FeatureFlags : IFeatureDefinitionProvider
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _changing = new();

    /// <summary>The revision of the latest known change.</summary>
    public long Revision { get; private set; }

    public IReadOnlyList<string> Names => [.. _entries.Where(entry => entry.Value.Flag is not null).Select(entry => entry.Key).Order(StringComparer.Ordinal)];

    /// <returns>Null for a flag that doesn't exist, or before the first read from identity.</returns>
    public FeatureFlag? Find(string name) => _entries.TryGetValue(name, out var entry) ? entry.Flag : null;

    /// <summary>Changes may arrive more than once and in any order.</summary>
    public void Apply(FeatureFlagChanged change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_changing)
        {
            Set(change.Name, change.Flag, change.Revision);
        }
    }

    /// <summary>Applies a snapshot read from identity.</summary>
    public void Apply(CurrentFeatureFlags current)
    {
        ArgumentNullException.ThrowIfNull(current);
        lock (_changing)
        {
            foreach (var flag in current.Flags)
            {
                Set(flag.Name, flag, flag.Revision);
            }

            var listed = current.Flags.Select(flag => flag.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var name in _entries.Where(entry => entry.Value.Revision <= current.Revision && !listed.Contains(entry.Key)).Select(entry => entry.Key))
            {
                _entries.TryRemove(name, out _);
            }

            Revision = Math.Max(Revision, current.Revision);
        }
    }

    public Task<FeatureDefinition> GetFeatureDefinitionAsync(string featureName) =>
        // The library takes null for a flag that doesn't exist.
        Task.FromResult(_entries.TryGetValue(featureName, out var entry) ? entry.Definition! : null!);

    public async IAsyncEnumerable<FeatureDefinition> GetAllFeatureDefinitionsAsync()
    {
        await Task.CompletedTask;
        foreach (var entry in _entries.Values)
        {
            if (entry.Definition is not null)
            {
                yield return entry.Definition;
            }
        }
    }

    private void Set(string name, FeatureFlag? flag, long revision)
    {
        if (_entries.TryGetValue(name, out var known) && known.Revision >= revision)
        {
            return;
        }

        // The revision of a deleted flag is kept: an older state that arrives late must not restore it.
        _entries[name] = new Entry(flag, revision, flag is null ? null : DefinitionOf(flag));
        Revision = Math.Max(Revision, revision);
    }

    private static FeatureDefinition DefinitionOf(FeatureFlag flag)
    {
        var definition = new FeatureDefinition
        {
            Name = flag.Name,
            Status = flag.Enabled ? FeatureStatus.Conditional : FeatureStatus.Disabled,
            RequirementType = RequirementType.Any,
            EnabledFor = flag.Rules.Count == 0
                ? [new FeatureFilterConfiguration { Name = "AlwaysOn" }]
                : [.. flag.Rules.Select(rule => new FeatureFilterConfiguration { Name = AudienceFilter.Alias, Parameters = AudienceFilter.ParametersOf(rule) })],
        };
        if (flag.Variants.Count == 0)
        {
            return definition;
        }

        definition.Variants = [.. flag.Variants.Select(variant => new VariantDefinition { Name = variant.Name })];
        var sum = flag.Variants.Sum(variant => (double)variant.Weight);
        var shares = new List<PercentileAllocation>();
        double from = 0;
        foreach (var variant in flag.Variants)
        {
            var to = from + (variant.Weight / sum * 100);
            shares.Add(new PercentileAllocation { Variant = variant.Name, From = from, To = variant == flag.Variants[^1] ? 100 : to });
            from = to;
        }

        // Not the percentage's seed, with which the first tenth of the subjects would all get the first variant.
        definition.Allocation = new Allocation { Percentile = shares, Seed = "variants\n" + flag.Name };
        return definition;
    }

    private sealed record Entry(FeatureFlag? Flag, long Revision, FeatureDefinition? Definition);
}
