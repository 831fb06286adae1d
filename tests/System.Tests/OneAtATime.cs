using LinkShort.SystemTests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace LinkShort.SystemTests;

/// <summary>Tests that promise times run alone: on two cores they would measure each other.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;

/// <summary>Tests that start systems of their own, one after the other: half of their time they wait for a stop. Beside the others.</summary>
[CollectionDefinition(nameof(SystemsOfTheirOwn))]
public sealed class SystemsOfTheirOwn;

/// <summary>Tests that take parts of the system down or attack it, one after the other, when the others are through. Each leaves it whole.</summary>
[CollectionDefinition(nameof(TakenApart), DisableParallelization = true)]
public sealed class TakenApart;

/// <summary>
/// The longest first, and what takes parts of the system down last: what the others find is the system as it was started; should a part not
/// come back, they have been run.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections
            .OrderByDescending(collection => collection.TestCollectionDisplayName == nameof(SystemsOfTheirOwn))
            .ThenBy(collection => collection.TestCollectionDisplayName == nameof(TakenApart))];
}
