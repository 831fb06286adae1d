using System.Text.Json;
using LinkShort.Web.Api;

namespace LinkShort.Web.Billing;

/// <summary>What the problem <c>plan-limit-reached</c> says about the limit.</summary>
/// <param name="Resource">One of <see cref="LinkShort.Contracts.PlanLimits"/>, or workspaces.</param>
/// <param name="Limit">0 for what the plan doesn't include at all.</param>
/// <param name="Plan">Its key.</param>
/// <param name="UpgradeTo">The key of the next plan that allows more; null if none does.</param>
public sealed record ReachedLimit(string Resource, long Limit, long Used, string? Plan, string? UpgradeTo)
{
    public static ReachedLimit Of(ApiProblem problem) => problem.Members is { } members
        ? new ReachedLimit(Text(members, "resource") ?? "", Number(members, "limit"), Number(members, "used"), Text(members, "plan"), Text(members, "upgradeTo"))
        : new ReachedLimit("", 0, 0, null, null);

    private static string? Text(JsonElement members, string name) =>
        members.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement members, string name) =>
        members.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
}
