namespace LinkShort.Analytics.Rollups;

/// <summary>One row of <c>rollups</c>.</summary>
/// <param name="LinkId"><see cref="AllLinks"/> for the whole workspace.</param>
/// <param name="Start">Start of the period, UTC.</param>
public readonly record struct RollupKey(Guid WorkspaceId, Guid LinkId, Grain Grain, DateTime Start)
{
    public static readonly Guid AllLinks = Guid.Empty;
}
