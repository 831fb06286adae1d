using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Redirect.Storage;

/// <summary>What redirectdb holds about people: copies of links, and nothing of visitors.</summary>
public static class PersonalData
{
    public static readonly DataMap Map = new("redirect",
    [
        new("routes", "Where each code leads: a copy of what links says", LegalBasis.Contract, "Redirecting without asking anybody", "until the link is removed; its code, which nobody's name hangs on, for good")
        {
            Subject = "workspace_id = any(@Workspaces)",
            Withheld = "code destination behavior folded",
            WithheldBecause = "A copy: links exports it.",
            Neutral = "domain link_id workspace_id redirect_type active_from expires_at archived created_at version removed revision",
            Erased = ErasureRule.Otherwise("links says LinkRemoved for each link, and UserErased does it again: the destination and rules are forgotten at once, here and in every cache"),
        },
        new("click_limits", "How many clicks of a limited link are used", LegalBasis.Contract, "Click limits", "until the link is removed")
        {
            Neutral = "link_id workspace_id used granted",
            Erased = ErasureRule.Otherwise("with the link"),
        },
        new("rebuild", "How far the copy of all links came", LegalBasis.None, "Rebuilding", "for good") { Neutral = "id last_link finished_at start_revision forced listed missing written removed outcome ended_at reconciled_at" },
        new("rebuild_missing", "Links that links has not listed so far", LegalBasis.None, "Rebuilding", "until the rebuild ends") { Neutral = "link_id" },
        new("cache_repairs", "Codes whose state in Redis may be old", LegalBasis.None, "Repairing caches", "seconds") { Neutral = "domain code noted" },
        new("suspensions", "What operators took out of service", LegalBasis.LegitimateInterest, "Safety of visitors", "for good")
        {
            Neutral = "kind target suspended reason revision changed_at",
        },
        PersonalDataTables.WorkspaceErasures,
        PersonalDataTables.MigrationHistory,
    ],
    [
        new("Redis: routes by code", "As routes", "as routes, at the most a day", "overwritten in the same step"),
        new("Click spool (files)", "Clicks: time, browser, site, country and city; a visitor's address never gets there, its hash changes daily", "until analytics has them: seconds; days when it is away", "sent to analytics, and swept there with the erased workspace"),
        new("Redis: salts of visitor hashes", "Random numbers", "two days", "by time"),
    ]);
}
