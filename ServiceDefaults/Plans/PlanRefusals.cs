using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.ServiceDefaults.Plans;

/// <summary>402 <c>plan-limit-reached</c>: the limit, what is used of it, the plan, the next plan that has more, and where to get it.</summary>
public static class PlanRefusals
{
    /// <summary>Where owners and admins choose a plan, from the root of the app.</summary>
    public const string UpgradeUrl = "/pricing";

    private const string Texts = "limits.";

    /// <summary>A number that is used up.</summary>
    /// <param name="limit">One of <see cref="PlanLimits"/>, which has a text here: <see cref="PlanLimits.Links"/>, <see cref="PlanLimits.Members"/> or <see cref="PlanLimits.Domains"/>.</param>
    public static ProblemHttpResult UsedUp(this Entitlements entitlements, string limit, long allowed, long used)
    {
        ArgumentNullException.ThrowIfNull(entitlements);
        return entitlements.Refusal(limit, allowed, used, PlanTexts.Of(Texts + limit, ("n", allowed)));
    }

    /// <summary>Something that the plan doesn't include.</summary>
    /// <param name="limit"><see cref="PlanLimits.Sso"/> or <see cref="PlanLimits.AuditExport"/>.</param>
    public static ProblemHttpResult NotIncluded(this Entitlements entitlements, string limit)
    {
        ArgumentNullException.ThrowIfNull(entitlements);
        return entitlements.Refusal(limit, 0, 0, PlanTexts.Of(Texts + limit));
    }

    private static ProblemHttpResult Refusal(this Entitlements entitlements, string limit, long allowed, long used, LocalizedText detail) =>
        Problems.PlanLimitReached.Result(
            detail,
            ("resource", limit), ("limit", allowed), ("used", used), ("plan", entitlements.Plan),
            ("upgradeTo", entitlements.UpgradeTo.GetValueOrDefault(limit)), ("upgradeUrl", UpgradeUrl));
}
