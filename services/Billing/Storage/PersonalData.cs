using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Billing.Storage;

/// <summary>The personal data in billingdb.</summary>
public static class PersonalData
{
    private const string OwnWorkspaces = "workspace_id = any(@Workspaces)";

    public static readonly DataMap Map = new("billing",
    [
        new("current_plans", "The plan of each workspace", LegalBasis.Contract, "Providing what the plan includes", "until the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "workspace_id plan source changed_at",
            Neutral = "entitlements version",
            Erased = ErasureRule.Delete,
        },
        new("plan_grants", "Plans that operators gave to workspaces, and why", LegalBasis.Contract, "Providing what the plan includes", "until the plan ends, or the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "workspace_id plan reason ends_at granted_at",
            Withheld = "granted_by",
            WithheldBecause = "It names an operator.",
            Erased = ErasureRule.Delete,
        },
        new("usage", "How much of its plan each workspace used in each month", LegalBasis.Contract, "Limits, and showing them", "13 months, or until the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "workspace_id month metric value",
            Neutral = "version",
            Erased = ErasureRule.Delete,
        },
        new("default_plan", "What workspaces without a plan of their own may do", LegalBasis.None, "Settings", "permanently") { Neutral = "id entitlements version" },
        PersonalDataTables.ExportParts,
        PersonalDataTables.DeletionClock,
        PersonalDataTables.Outbox,
        PersonalDataTables.Inbox,
        PersonalDataTables.WorkspaceErasures,
        PersonalDataTables.MigrationHistory,
    ],
    []);
}
