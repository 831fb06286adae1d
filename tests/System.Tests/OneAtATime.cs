using LinkShort.SystemTests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace LinkShort.SystemTests;

/// <summary>Tests with time limits run alone: on two cores they would measure each other.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;

/// <summary>Tests that start systems of their own, one after the other, in parallel to the others: half of their time they wait for a stop.</summary>
[CollectionDefinition(nameof(SystemsOfTheirOwn))]
public sealed class SystemsOfTheirOwn;

/// <summary>Tests that stop parts of the system or attack it, one after the other, after all others. Each restores it.</summary>
[CollectionDefinition(nameof(TakenApart), DisableParallelization = true)]
public sealed class TakenApart;

/// <summary>
/// The longest first, and those that stop parts of the system last: the others then find the system as it was started, and have run even if a part
/// does not recover.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections
            .OrderByDescending(collection => collection.TestCollectionDisplayName == nameof(SystemsOfTheirOwn))
            .ThenBy(collection => collection.TestCollectionDisplayName == nameof(TakenApart))];
}
