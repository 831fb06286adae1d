namespace LinkShort.SystemTests;

/// <summary>Tests that promise times, or start a whole system of their own, run alone: on two cores they would measure each other.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;
