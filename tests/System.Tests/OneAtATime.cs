using LinkShort.SystemTests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(TakenApartLast))]

namespace LinkShort.SystemTests;

/// <summary>Tests that promise times, or start a whole system of their own, run alone: on two cores they would measure each other.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;

/// <summary>Tests that take parts of the system down or attack it, one after the other, when the others are through. Each leaves it whole.</summary>
[CollectionDefinition(nameof(TakenApart), DisableParallelization = true)]
public sealed class TakenApart;

/// <summary>What the others find is the system as it was started; should a part not come back, they have been run.</summary>
public sealed class TakenApartLast : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName == nameof(TakenApart))];
}
