namespace LinkShort.SystemTests;

/// <summary>Tests that start a whole system of their own run alone: three of them on two cores would measure each other.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;
