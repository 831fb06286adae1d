using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Analytics.Storage;

/// <summary>What analyticsdb holds about people: nothing about who made links, and of visitors nothing that leads to one of them.</summary>
public static class PersonalData
{
    private const string OfWorkspace = "workspace_id = any(@Workspaces)";

    public static readonly DataMap Map = new("analytics",
    [
        new("links", "Whose link it is", LegalBasis.Contract, "Counting clicks", "until the workspace is erased")
        {
            Subject = OfWorkspace,
            Neutral = "workspace_id link_id version created_at removed",
            Erased = ErasureRule.Delete,
        },
        new("clicks", "Single clicks: when, on what, from which browser, site, country and city", LegalBasis.LegitimateInterest, "Statistics without cookies and without addresses",
            "two years (Analytics__RawClickRetention), and until a click proves that they have passed; the salt behind the visitor's hash is gone after two days")
        {
            Subject = OfWorkspace,
            Withheld = "visitor referrer browser os device language country region city variant",
            WithheldBecause = "They are about visitors, who can't be told from one another after two days; the counts are exported.",
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
            WithheldBecause = "A sketch that only counts: nobody can be found in it.",
            Erased = ErasureRule.Delete,
        },
        new("unrolled_batches", "Clicks that are not in totals and rollups yet", LegalBasis.LegitimateInterest, "Statistics", "seconds; minutes behind a backlog")
        {
            Withheld = "packed",
            WithheldBecause = "The same clicks as in clicks.",
            Neutral = "position received_at clicks trace_parent",
            Erased = ErasureRule.Otherwise("counted within minutes, and then swept with the erased workspace"),
        },
        new("rollup_rebuild", "How far a rebuild of totals and rollups came", LegalBasis.None, "Rebuilding", "for good")
        {
            Neutral = "id running last_day last_workspace last_link",
        },
        new("raw_clicks", "From which month on raw clicks are complete", LegalBasis.None, "Rebuilding", "for good") { Neutral = "id complete_from dropped_at" },
        PersonalDataTables.WorkspaceErasures,
        PersonalDataTables.ExportParts,
        PersonalDataTables.DeletionClock,
        PersonalDataTables.Outbox,
        PersonalDataTables.Inbox,
        PersonalDataTables.MigrationHistory,
    ],
    []);
}
