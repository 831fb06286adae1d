using LinkShort.Localization;

namespace LinkShort.Web.Billing;

/// <summary>
/// What a plan includes, in words. Only what the product has: a plan's custom domains, exports and scheduled reports are settings of billing that no
/// service offers yet. A row is added here with the feature.
/// </summary>
public static class PlanFeatures
{
    /// <summary>Limits of <c>GET /billing/usage</c> that pages show.</summary>
    public static readonly IReadOnlyList<string> Limits = [Contracts.PlanLimits.Links, Contracts.PlanLimits.Members];

    public static IReadOnlyList<string> Of(PlanContents contents, Texts texts) =>
    [
        contents.LinksPerMonth is { } links ? texts["pricing.links", ("n", links)] : texts["pricing.linksUnlimited"],
        contents.Members is { } members ? texts["pricing.members", ("n", members)] : texts["pricing.membersUnlimited"],
        .. contents.ApiLimitFactor > 1 ? [texts["pricing.api", ("n", contents.ApiLimitFactor)]] : Array.Empty<string>(),
        .. contents.Sso ? [texts["pricing.sso"]] : Array.Empty<string>(),
        .. contents.AuditExport ? [texts["pricing.auditExport"]] : Array.Empty<string>(),
    ];

    /// <summary>What the first one has and the second one hasn't.</summary>
    /// <param name="usage">Null if it is unknown.</param>
    public static IReadOnlyList<string> Lost(PlanContents before, PlanContents after, PlanUsage? usage, Texts texts)
    {
        var lost = new List<string>();
        if (IsLess(after.LinksPerMonth, before.LinksPerMonth))
        {
            lost.Add(texts["billing.lostLinks", ("n", after.LinksPerMonth)]);
        }

        if (IsLess(after.Members, before.Members))
        {
            var used = usage?.Limits.FirstOrDefault(limit => limit.Name == Contracts.PlanLimits.Members)?.Used ?? 0;
            lost.Add(used > after.Members ? texts["billing.tooManyMembers", ("used", used), ("allowed", after.Members)] : texts["billing.lostMembers", ("n", after.Members)]);
        }

        if (after.ApiLimitFactor < before.ApiLimitFactor)
        {
            lost.Add(texts["billing.lostApi"]);
        }

        if (before.Sso && !after.Sso)
        {
            lost.Add(texts["billing.lostSso"]);
        }

        if (before.AuditExport && !after.AuditExport)
        {
            lost.Add(texts["billing.lostAuditExport"]);
        }

        return lost;
    }

    private static bool IsLess(long? after, long? before) => after is not null && (before is null || after < before);
}
