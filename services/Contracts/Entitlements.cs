namespace LinkShort.Contracts;

/// <summary>
/// What a workspace's plan allows. billing publishes it; each service enforces what it owns. Null numbers are unlimited.
/// </summary>
/// <param name="Plan">The plan's key: <c>free</c>, <c>pro</c>, <c>business</c> or one of the installation's own.</param>
/// <param name="LinksPerMonth">Links created in a calendar month (UTC), however they are created. Deleted ones count too.</param>
/// <param name="Domains">Custom domains.</param>
/// <param name="Members">Members with open invitations, the owner included.</param>
/// <param name="RawClickDays">How long single clicks are kept. Totals and rollups remain.</param>
/// <param name="Exports">Whether analytics can be exported.</param>
/// <param name="ScheduledReports">Whether reports can be sent on a schedule.</param>
/// <param name="Sso">Whether single sign-on can be configured.</param>
/// <param name="AuditExport">Whether the audit log can be exported.</param>
/// <param name="ApiLimitFactor">By how much the installation's rate limits are multiplied. At least 1.</param>
public sealed record Entitlements(
    string Plan,
    long? LinksPerMonth,
    int? Domains,
    int? Members,
    int? RawClickDays,
    bool Exports,
    bool ScheduledReports,
    bool Sso,
    bool AuditExport,
    int ApiLimitFactor)
{
    /// <summary>The name of the plan of installations that sell none, where everything is allowed.</summary>
    public const string DefaultPlan = "free";

    /// <summary>The next plan that has more, by the name of the limit (<see cref="PlanLimits"/>); without an entry, none has.</summary>
    public IReadOnlyDictionary<string, string> UpgradeTo { get; init; } = new Dictionary<string, string>();

    /// <summary>Before plans are known, and for installations without plans.</summary>
    public static Entitlements Unlimited { get; } = new(
        DefaultPlan, LinksPerMonth: null, Domains: null, Members: null, RawClickDays: null, Exports: true, ScheduledReports: true, Sso: true, AuditExport: true,
        ApiLimitFactor: 1);
}

/// <summary>The names of limits, in 402 problems, in usage and in <see cref="Entitlements.UpgradeTo"/>.</summary>
public static class PlanLimits
{
    public const string Links = "links";
    public const string Domains = "domains";
    public const string Members = "members";
    public const string RawClicks = "rawClicks";
    public const string Exports = "exports";
    public const string ScheduledReports = "scheduledReports";
    public const string Sso = "sso";
    public const string AuditExport = "auditExport";
    public const string ApiCalls = "apiCalls";

    public static readonly IReadOnlyList<string> All = [Links, Domains, Members, RawClicks, Exports, ScheduledReports, Sso, AuditExport, ApiCalls];
}

/// <summary>What is counted per workspace and calendar month (UTC).</summary>
public static class UsageMetrics
{
    public const string LinksCreated = "linksCreated";

    /// <summary>Links that are not archived, as last counted.</summary>
    public const string ActiveLinks = "activeLinks";

    /// <summary>Human clicks.</summary>
    public const string Clicks = "clicks";

    public const string ApiCalls = "apiCalls";
    public const string Domains = "domains";
    public const string Members = "members";
    public const string Imports = "imports";

    public static readonly IReadOnlyList<string> All = [LinksCreated, ActiveLinks, Clicks, ApiCalls, Domains, Members, Imports];
}
