namespace LinkShort.Web.Administration;

public sealed record FoundUser(Guid Id, string Email, bool EmailVerified, string? Name, bool Suspended, DateTimeOffset CreatedAt);

public sealed record Suspension(string Reason, DateTimeOffset At);

public sealed record UserFactors(bool Authenticator, int Passkeys);

public sealed record UserPlace(Guid Id, string Name, string Plan, string Role, bool Personal, bool Suspended);

public sealed record UserDetails(
    Guid Id, string Email, bool EmailVerified, string? Name, string Locale, DateTimeOffset CreatedAt, bool Operator, Suspension? Suspension,
    UserFactors TwoFactor, int Sessions, int ApiKeys, DateTimeOffset? LastUsedAt, DateTimeOffset? ViewAllowedUntil, IReadOnlyList<UserPlace> Workspaces);

public sealed record FoundWorkspace(Guid Id, string Name, string Plan, bool Personal, int Members, bool Suspended, DateTimeOffset CreatedAt);

public sealed record WorkspaceMember(Guid Id, string Email, string? Name, string Role, bool Suspended);

public sealed record WorkspaceDetails(
    Guid Id, string Name, string Plan, bool Personal, bool RequireTwoFactor, DateTimeOffset CreatedAt, DateTimeOffset? DeletionScheduledAt,
    Suspension? Suspension, IReadOnlyList<WorkspaceMember> Members);

public sealed record FlagRule(IReadOnlyList<string>? Users, IReadOnlyList<string>? Workspaces, IReadOnlyList<string>? Plans, double? Percentage);

public sealed record FlagVariant(string Name, int Weight);

public sealed record FlagChange(string? Description, bool Enabled, string Subject, IReadOnlyList<FlagRule> Rules, IReadOnlyList<FlagVariant> Variants);

public sealed record Flag(
    string Name, string Description, bool Enabled, string Subject, IReadOnlyList<FlagRule> Rules, IReadOnlyList<FlagVariant> Variants, DateTimeOffset UpdatedAt)
{
    public string? ETag { get; init; }
}

public sealed record FlagList(IReadOnlyList<Flag> Items);

public sealed record ComparedVariant(string Name, int People, int Exposures, int Converted, long Conversions, double Rate);

public sealed record FlagComparison(string Flag, string Action, DateOnly From, DateOnly To, IReadOnlyList<ComparedVariant> Variants);

public sealed record AnnouncementChange(IReadOnlyDictionary<string, string> Texts, string Level, DateTimeOffset? StartsAt, DateTimeOffset? EndsAt, bool Dismissible);

public sealed record AdminAnnouncement(
    Guid Id, IReadOnlyDictionary<string, string> Texts, string Level, DateTimeOffset StartsAt, DateTimeOffset? EndsAt, bool Dismissible);

public sealed record StartedView(Guid Id, Guid UserId, Guid WorkspaceId, string AccessToken, int ExpiresIn, DateTimeOffset ExpiresAt);
