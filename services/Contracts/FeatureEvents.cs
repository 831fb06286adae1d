namespace LinkShort.Contracts;

/// <summary>A feature that operators turn on or off, for everybody or some. Every replica of every service keeps all flags in memory.</summary>
/// <param name="Enabled">False turns it off for everybody, regardless of the rules.</param>
/// <param name="Subject">The unit of percentages and variants: <c>user</c> or <c>workspace</c>, one of <see cref="FeatureSubjects"/>.</param>
/// <param name="Rules">It is on for subjects that any of them includes; without rules for everybody.</param>
/// <param name="Variants">Variants to compare with each other; empty if there is only one form of the feature.</param>
/// <param name="Revision">Increases with each change of any flag: of two states of a flag the higher one is newer.</param>
public sealed record FeatureFlag(
    string Name, bool Enabled, string Subject, IReadOnlyList<FeatureRule> Rules, IReadOnlyList<FeatureVariant> Variants, long Revision);

/// <summary>Includes the subjects that meet all conditions; null is no condition.</summary>
/// <param name="Percentage">Share of all subjects, 0 to 100. Always the same ones; a higher share adds to them.</param>
public sealed record FeatureRule(
    IReadOnlyList<Guid>? Users, IReadOnlyList<Guid>? Workspaces, IReadOnlyList<string>? Plans, double? Percentage);

/// <param name="Weight">1 to 1000, relative to the sum of all weights.</param>
public sealed record FeatureVariant(string Name, int Weight);

public static class FeatureSubjects
{
    public const string User = "user";
    public const string Workspace = "workspace";
}

/// <summary>An operator changed a feature flag. Every replica of every service receives it, on a queue of its own.</summary>
/// <param name="Flag">Null if the flag was deleted.</param>
public sealed record FeatureFlagChanged(string Name, FeatureFlag? Flag, long Revision, DateTimeOffset ChangedAt);

/// <summary>Which users were shown which variant of a feature, each at most once a day and replica.</summary>
/// <param name="BatchId">The same for repeated deliveries.</param>
public sealed record FeaturesExposed(Guid BatchId, string Service, IReadOnlyList<FeatureExposure> Exposures);

/// <param name="Variant">The variant's name; <c>on</c> without variants; <c>off</c> for users without the feature.</param>
public sealed record FeatureExposure(string Flag, string Variant, Guid UserId, Guid WorkspaceId, DateTimeOffset At);
