using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Analytics.Storage;

/// <summary>The personal data in analyticsdb: nothing about authors of links, and nothing that identifies a visitor.</summary>
public static class PersonalData
{
    private const string OfWorkspace = "workspace_id = any(@Workspaces)";

    public static readonly DataMap Map = new("analytics",
    [
        new("links", "Which workspace a link belongs to", LegalBasis.Contract, "Counting clicks", "until the workspace is erased")
        {
            Subject = OfWorkspace,
            Neutral = "workspace_id link_id version created_at removed",
            Erased = ErasureRule.Delete,
        },
        new("clicks", "Single clicks: when, on which link, from which browser, site, country and city", LegalBasis.LegitimateInterest, "Statistics without cookies and without IP addresses",
            "as the workspace's plan says (30 days, a year or three years by default), otherwise two years (Analytics__RawClickRetention), by whole months, and until a click proves that they have passed; the salt behind the visitor's hash is deleted after two days")
        {
            Subject = OfWorkspace,
            Withheld = "visitor referrer browser os device language country region city variant reason",
            WithheldBecause = "They are about visitors, who can't be distinguished after two days; the counts are exported.",
            Neutral = "at workspace_id link_id click_id class",
            Erased = ErasureRule.Delete,
        },
        new("totals", "How often links were clicked", LegalBasis.Contract, "Statistics", "until the workspace is erased")
        {
            Subject = OfWorkspace,
            Exported = "workspace_id link_id clicks bot_clicks",
            Erased = ErasureRule.Delete,
        },
        new("rollups", "Clicks counted by time, browser, site and place", LegalBasis.Contract, "Statistics", "until the workspace is erased")
        {
            Subject = OfWorkspace,
            Exported = "workspace_id link_id grain start clicks bot_clicks dimensions",
            Withheld = "visitors",
            WithheldBecause = "A sketch that only counts: it identifies no one.",
            Erased = ErasureRule.Delete,
        },
        new("unrolled_batches", "Clicks that are not in totals and rollups yet", LegalBasis.LegitimateInterest, "Statistics", "seconds; minutes if there is a backlog; a batch that can't be counted, until a rebuild counts its raw clicks")
        {
            Withheld = "packed",
            WithheldBecause = "The same clicks as in clicks.",
            Neutral = "position received_at clicks trace_parent parked_at parked_because",
            Erased = ErasureRule.Otherwise("counted within minutes, then erased with the workspace; one that can't be counted is deleted by the next rebuild"),
        },
        new("rollup_rebuild", "Progress of rebuilding totals and rollups", LegalBasis.None, "Rebuilding", "permanently")
        {
            Neutral = "id running started_at last_day last_workspace last_link",
        },
        new("raw_clicks", "The month since which raw clicks are complete", LegalBasis.None, "Rebuilding", "permanently") { Neutral = "id complete_from dropped_at purged_at" },
        new("click_limits", "How long single clicks of each workspace are kept", LegalBasis.Contract, "Deleting clicks that the plan no longer keeps", "until the workspace is erased")
        {
            Subject = OfWorkspace,
            Neutral = "workspace_id days plan_days since complete_from purged_before",
            Erased = ErasureRule.Delete,
        },
        PersonalDataTables.WorkspaceErasures,
        PersonalDataTables.ExportParts,
        PersonalDataTables.DeletionClock,
        PersonalDataTables.Outbox,
        PersonalDataTables.Inbox,
        PersonalDataTables.MigrationHistory,
    ],
    []);
}
