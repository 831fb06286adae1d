using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Billing for operators: revenue, and plans that they grant.</summary>
internal sealed partial class FakeApi
{
    private static readonly (string Key, string Name)[] PlanChoices = [("free", "Free"), ("pro", "Pro"), ("business", "Business")];

    private readonly ConcurrentDictionary<Guid, JsonObject> _grants = new();

    /// <summary>Whole months of revenue. Fewer than twelve have no forecast; a negative number is no revenue at all.</summary>
    public int MonthsOfRevenue { get; set; } = 30;

    /// <summary>Paying workspaces that may leave, with their reasons.</summary>
    public ConcurrentQueue<(Guid Workspace, string[] Reasons)> AtRisk { get; } = [];

    /// <summary>The grant of a workspace, as it was last written; null for none.</summary>
    public JsonObject? GrantOf(Guid workspace) => _grants.GetValueOrDefault(workspace);

    private void MapRevenue()
    {
        var admin = _app.MapGroup("/api/v1/admin/billing").AddEndpointFilter(async (context, next) =>
            Caller(context.HttpContext.Request) is not { } caller ? Problem(401, "unauthorized")
            : !caller.IsOperator ? Problem(403, "forbidden")
            : !SellsPlans && context.HttpContext.Request.Path.Value!.EndsWith("/revenue", StringComparison.Ordinal) ? Problem(404, "billing-disabled")
            : !caller.State.IsRecent && !HttpMethods.IsGet(context.HttpContext.Request.Method) ? Problem(403, "recent-sign-in-required")
            : await next(context));
        admin.MapGet("/revenue", (int months) => months is < 1 or > 60 ? Invalid("months", "From 1 to 60.") : Results.Json(Revenue(months)));
        admin.MapGet("/conversion", () => Results.Json(new
        {
            cohorts = Enumerable.Range(0, 24).Select(back => new
            {
                month = MonthBefore(back), signUps = 140 - (back * 3), paid = back == 0 ? 2 : 9 + (back % 4), trials = back > 20 ? 0 : 18, trialsConverted = back == 0 ? 0 : 7 + (back % 3), trialsRunning = back == 0 ? 11 : 0,
            }),
        }));
        admin.MapGet("/usage", () => Results.Json(new
        {
            month = MonthBefore(1),
            plans = MonthsOfRevenue < 0 ? [] : new object[]
            {
                new { plan = "free", allowed = 50, workspaces = 812, median = 9, p90 = 44, belowHalf = 604, halfTo80 = 121, from80 = 54, atLimit = 33 },
                new { plan = "pro", allowed = 1_000, workspaces = 96, median = 212, p90 = 640, belowHalf = 71, halfTo80 = 17, from80 = 6, atLimit = 2 },
                new { plan = "business", allowed = (int?)null, workspaces = 11, median = 4_310, p90 = 21_876, belowHalf = 11, halfTo80 = 0, from80 = 0, atLimit = 0 },
            },
        }));
        admin.MapGet("/at-risk", () => Results.Json(new
        {
            customers = AtRisk.Select(each => new { workspaceId = each.Workspace, plan = "pro", monthlyAmount = 500, currency = "usd", reasons = each.Reasons }),
        }));
        admin.MapGet("/workspaces/{id:guid}/plan", (Guid id) => Results.Json(PlanOf(id)));
        admin.MapPut("/workspaces/{id:guid}/plan", (Guid id, JsonObject body) => Grant(id, body));
        admin.MapDelete("/workspaces/{id:guid}/plan", (Guid id) => _grants.TryRemove(id, out _) ? Results.Json(PlanOf(id)) : Problem(404, "not-found"));
    }

    private IResult Grant(Guid id, JsonObject body)
    {
        if (PlanChoices.All(plan => plan.Key != Text(body, "plan")))
        {
            return Invalid("plan", "One of: free, pro, business.");
        }

        if (string.IsNullOrWhiteSpace(Text(body, "reason")))
        {
            return Invalid("reason", "From 1 to 500 printable characters.");
        }

        if (Text(body, "endsAt") is { } end && DateTimeOffset.Parse(end, CultureInfo.InvariantCulture) < TimeProvider.System.GetUtcNow())
        {
            return Invalid("endsAt", "Must be in the future.");
        }

        _grants[id] = new JsonObject
        {
            ["plan"] = Text(body, "plan"), ["reason"] = Text(body, "reason"), ["endsAt"] = Text(body, "endsAt"), ["grantedBy"] = Guid.CreateVersion7(),
            ["grantedAt"] = TimeProvider.System.GetUtcNow(),
        };
        return Results.Json(PlanOf(id));
    }

    private object PlanOf(Guid id)
    {
        var grant = GrantOf(id);
        return new
        {
            workspaceId = id, plan = (string?)grant?["plan"] ?? "free", source = grant is null ? "default" : "grant", grant = grant?.DeepClone(),
            plans = PlanChoices.Select(plan => new { key = plan.Key, name = plan.Name }),
        };
    }

    private object Revenue(int months)
    {
        var all = Enumerable.Range(0, months).Select(at => Month(months - 1 - at)).ToList();
        var now = all[^1].End;
        return new
        {
            currency = "usd", monthlyRevenue = now, annualRevenue = now * 12, customers = now == 0 ? 0 : 107, revenuePerCustomer = now / 107, lifetimeValue = now == 0 ? (long?)null : 41_230,
            months = all.Select(each => each.Body),
            forecast = now == 0 ? null : new
            {
                method = MonthsOfRevenue < 12 ? "runRate" : "holtWinters",
                points = Enumerable.Range(0, 3).Select(ahead => MonthsOfRevenue < 12
                    ? new { month = MonthBefore(-ahead), revenue = now, low = (long?)null, high = (long?)null }
                    : new { month = MonthBefore(-ahead), revenue = now + (ahead * 4_000), low = (long?)(now + (ahead * 1_500)), high = (long?)(now + (ahead * 7_000)) }),
            },
        };
    }

    /// <param name="back">0 is the current month.</param>
    private (long End, object Body) Month(int back)
    {
        var age = MonthsOfRevenue - back;
        long At(int month) => month < 0 ? 0 : (month + 1) * 4_900L;
        var (start, end) = (At(age - 1), At(age));
        var paid = end > 0;
        var (expansion, contraction, churned, reactivated) = paid && start > 0 ? (1_700L, 500L, 900L + (100 * (back % 3)), 500L) : (0, 0, 0, 0);
        return (end, new
        {
            month = MonthBefore(back), start, @new = end - start - expansion - reactivated + contraction + churned, expansion, contraction, churned, reactivated, end,
            customersAtStart = (int)(start / 1_000), newCustomers = paid ? 6 : 0, lostCustomers = start > 0 ? 2 : 0,
            logoChurn = start == 0 ? (decimal?)null : 0.021m + (0.004m * (back % 4)), revenueChurn = start == 0 ? (decimal?)null : Math.Round((decimal)(churned + contraction) / start, 4),
            netRetention = start == 0 ? (decimal?)null : Math.Round((decimal)(start + expansion + reactivated - contraction - churned) / start, 4),
        });
    }

    private static string MonthBefore(int back)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new DateOnly(now.Year, now.Month, 1).AddMonths(-back).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}
