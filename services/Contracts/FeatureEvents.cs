namespace LinkShort.Contracts;

/// <summary>A feature that operators turn on for some and off for others. Every replica of every service keeps all of them in memory.</summary>
/// <param name="Enabled">False: off for everybody, whatever the rules say.</param>
/// <param name="Subject">Whom percentages and variants count: <c>user</c> or <c>workspace</c>, one of <see cref="FeatureSubjects"/>.</param>
/// <param name="Rules">On for whomever any of them means; none: for everybody.</param>
/// <param name="Variants">Several ways of being on, to compare them; none: there is one.</param>
/// <param name="Revision">Grows with each change of any flag: of two states of one flag the higher one is newer.</param>
public sealed record FeatureFlag(
    string Name, bool Enabled, string Subject, IReadOnlyList<FeatureRule> Rules, IReadOnlyList<FeatureVariant> Variants, long Revision);

/// <summary>Means whoever all of its conditions are true of; null is no condition.</summary>
/// <param name="Percentage">0 to 100 of all subjects, always the same ones; with a higher one, those and more.</param>
public sealed record FeatureRule(
    IReadOnlyList<Guid>? Users, IReadOnlyList<Guid>? Workspaces, IReadOnlyList<string>? Plans, double? Percentage);

/// <param name="Weight">1 to 1000: its share is that of the sum of all.</param>
public sealed record FeatureVariant(string Name, int Weight);

public static class FeatureSubjects
{
    public const string User = "user";
    public const string Workspace = "workspace";
}

/// <summary>An operator changed a feature flag. Every replica of every service hears of it, on a queue of its own.</summary>
/// <param name="Flag">Null: there is no such flag any more.</param>
public sealed record FeatureFlagChanged(string Name, FeatureFlag? Flag, long Revision, DateTimeOffset ChangedAt);

/// <summary>Who met which variant of a feature, each once a day and replica at the most.</summary>
/// <param name="BatchId">The same when it is sent again.</param>
public sealed record FeaturesExposed(Guid BatchId, string Service, IReadOnlyList<FeatureExposure> Exposures);

/// <param name="Variant">The variant's name; without variants <c>on</c>; <c>off</c> for whoever doesn't have the feature.</param>
public sealed record FeatureExposure(string Flag, string Variant, Guid UserId, Guid WorkspaceId, DateTimeOffset At);
