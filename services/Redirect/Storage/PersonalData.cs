using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Redirect.Storage;

/// <summary>The personal data in redirectdb: copies of links, and nothing about visitors.</summary>
public static class PersonalData
{
    public static readonly DataMap Map = new("redirect",
    [
        new("routes", "Where each code leads: a copy of links' data", LegalBasis.Contract, "Redirecting without calling another service", "until the link is deleted; its code, which is not personal, permanently")
        {
            Subject = "workspace_id = any(@Workspaces)",
            Withheld = "code destination behavior folded",
            WithheldBecause = "A copy: links exports it.",
            Neutral = "domain link_id workspace_id redirect_type active_from expires_at archived created_at version removed revision",
            Erased = ErasureRule.Otherwise("links publishes LinkRemoved for each link, and UserErased repeats it: destination and rules are deleted immediately, here and in every cache"),
        },
        new("click_limits", "Numbers of used clicks of links with a click limit", LegalBasis.Contract, "Click limits", "until the link is permanently deleted")
        {
            Neutral = "link_id workspace_id used granted",
            Erased = ErasureRule.Otherwise("with the link"),
        },
        new("rebuild", "Progress of copying all links", LegalBasis.None, "Rebuilding", "permanently") { Neutral = "id last_link finished_at start_revision forced listed missing written removed outcome ended_at reconciled_at" },
        new("rebuild_missing", "Links that links has not listed yet", LegalBasis.None, "Rebuilding", "until the rebuild ends") { Neutral = "link_id" },
        new("cache_repairs", "Codes whose state in Redis may be outdated", LegalBasis.None, "Repairing caches", "seconds") { Neutral = "domain code noted" },
        new("suspensions", "What operators suspended", LegalBasis.LegitimateInterest, "Safety of visitors", "permanently")
        {
            Neutral = "kind target suspended reason revision changed_at",
        },
        PersonalDataTables.WorkspaceErasures,
        PersonalDataTables.MigrationHistory,
    ],
    [
        new("Redis: routes by code", "As routes", "as routes, at most a day", "overwritten in the same step"),
        new("Click spool (files)", "Clicks: time, browser, site, country and city; never the visitor's IP address, whose hash changes daily", "until analytics has them: seconds, or days if it is down", "sent to analytics, and erased there with the workspace"),
        new("Redis: salts of visitor hashes", "Random numbers", "two days", "by time"),
    ]);
}
