using LinkShort.ServiceDefaults.Plans;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Links.Storage;

/// <summary>The personal data in linksdb.</summary>
public static class PersonalData
{
    public static readonly DataMap Map = new("links",
    [
        new("links", "Short links: their content, and who created them", LegalBasis.Contract, "Shortening links", "until 30 days after the deletion, or erased with the workspace")
        {
            Subject = "created_by = @UserId or workspace_id = any(@Workspaces)",
            Exported = "id workspace_id domain code aliases url title notes tags redirect_type active_from expires_at behavior-passwordHash archived deleted_at clicks visits_used version created_by created_at updated_at",
            Erased = ErasureRule.Update("deleted in the person's own workspaces; elsewhere the creator is removed", "created_by = @Nobody"),
        },
        new("link_codes", "Which code leads to which link", LegalBasis.Contract, "Unique codes", "as long as the link")
        {
            Subject = "workspace_id = any(@Workspaces)",
            Withheld = "domain code_key",
            WithheldBecause = "The same codes as in links.",
            Neutral = "link_id workspace_id",
            Erased = ErasureRule.Delete,
        },
        new("utm_templates", "Campaign parameters saved under a name, and who created them", LegalBasis.Contract, "Shortening links", "until deleted, or erased with the workspace")
        {
            Subject = "created_by = @UserId or workspace_id = any(@Workspaces)",
            Exported = "id workspace_id name source medium campaign term content version created_by created_at updated_at",
            Erased = ErasureRule.Update("deleted in the person's own workspaces; elsewhere the creator is removed", "created_by = @Nobody"),
        },
        new("qr_logos", "The logo of a workspace's QR codes, and who uploaded it", LegalBasis.Contract, "QR codes", "until replaced or removed, or erased with the workspace")
        {
            Subject = "created_by = @UserId or workspace_id = any(@Workspaces)",
            Exported = "workspace_id image version created_by updated_at",
            Erased = ErasureRule.Update("deleted in the person's own workspaces; elsewhere the uploader is removed", "created_by = @Nobody"),
        },
        new("code_folding", "Whether a domain's codes are case-sensitive", LegalBasis.None, "Settings", "permanently") { Neutral = "domain case_insensitive" },
        new("suspensions", "What operators suspended, and why", LegalBasis.LegitimateInterest, "Safety of visitors", "permanently")
        {
            Neutral = "kind target suspended reason revision changed_at identity_version",
        },
        new("link_usage", "How many links each workspace created in each month", LegalBasis.Contract, "Enforcing the plan's limit", "until the workspace is erased")
        {
            Neutral = "workspace_id month created reported active",
        },
        WorkspacePlans.Table,
        PersonalDataTables.ExportParts,
        PersonalDataTables.Idempotency,
        PersonalDataTables.DeletionClock,
        PersonalDataTables.Outbox,
        PersonalDataTables.Inbox,
        PersonalDataTables.WorkspaceErasures,
        PersonalDataTables.MigrationHistory,
    ],
    []);
}
