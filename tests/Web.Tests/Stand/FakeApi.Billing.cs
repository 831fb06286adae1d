using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Plans, purchases and invoices, and the pages of a payment provider on which people pay with one click.</summary>
internal sealed partial class FakeApi
{
    /// <summary>The plans from the smallest to the largest: new links a month, members, single sign-on and export, prices a month and a year.</summary>
    private static readonly (string Key, string Name, long Links, long Members, bool Sso, long Month, long Year)[] Plans =
        [("free", "Free", 50, 1, false, 0, 0), ("pro", "Pro", 1_000, 5, false, 500, 5_000), ("business", "Business", 50_000, 50, true, 3_900, 39_000)];

    private readonly ConcurrentDictionary<string, (Team Team, string Plan, string Interval, string State)> _checkouts = new();

    private readonly ConcurrentDictionary<string, string> _sessionsByKey = new();

    internal sealed partial class Team
    {
        public PlanState Plan { get; } = new();
    }

    internal sealed class PlanState
    {
        public string Key { get; set; } = "free";

        public string Source { get; set; } = "default";

        public DateTimeOffset? EndsAt { get; set; }

        /// <summary>As the API returns it; null without one.</summary>
        public JsonObject? Subscription { get; set; }

        public bool TrialAvailable { get; set; } = true;

        public string? Coupon { get; set; }

        public Dictionary<string, long> Used { get; } = new() { ["links"] = 12, ["members"] = 1, ["domains"] = 0 };

        public List<JsonObject> Invoices { get; } = [];

        public bool DeclinesCards { get; set; }

        /// <summary>The reason and comment of the last cancellation.</summary>
        public (string Reason, string? Comment) Cancellation { get; set; }
    }

    /// <summary>False: an installation that is somebody's own.</summary>
    public bool SellsPlans { get; set; } = true;

    /// <summary>False: the event of a payment is late.</summary>
    public bool PaymentsArrive { get; set; } = true;

    /// <summary>The web app's URL, which the payment provider leads back to.</summary>
    public string WebAddress { get; set; } = "";

    /// <summary>The idempotency keys of checkouts.</summary>
    public ConcurrentQueue<string> CheckoutKeys { get; } = [];

    public JsonObject Subscribe(Team team, string plan, string interval = "month", string status = "active")
    {
        var now = TimeProvider.System.GetUtcNow();
        var end = status == "trialing" ? now.AddDays(14) : interval == "year" ? now.AddYears(1) : now.AddMonths(1);
        team.Plan.TrialAvailable = false;
        (team.Plan.Key, team.Plan.Source) = (plan, "subscription");
        return team.Plan.Subscription = new JsonObject
        {
            ["plan"] = plan, ["status"] = status, ["interval"] = interval, ["amount"] = AmountOf(plan, interval), ["currency"] = "usd", ["renewsAt"] = end,
            ["trialEnd"] = status == "trialing" ? end : null, ["cancelAt"] = null, ["nextPlan"] = null, ["nextInterval"] = null, ["graceUntil"] = null, ["paymentUrl"] = null,
        };
    }

    /// <summary>The first of the given state, all others paid, one a month.</summary>
    public void AddInvoices(Team team, int count, string status = "paid")
    {
        for (var i = 0; i < count; i++)
        {
            var at = TimeProvider.System.GetUtcNow().AddMonths(-i);
            team.Plan.Invoices.Add(new JsonObject
            {
                ["id"] = $"in_{count - i}", ["number"] = $"LS-2026-{count - i:0000}", ["status"] = i == 0 ? status : "paid", ["amountDue"] = 123_456, ["amountPaid"] = 123_456,
                ["currency"] = "usd", ["createdAt"] = at, ["periodStart"] = at, ["periodEnd"] = at.AddMonths(1), ["pdfUrl"] = $"{Address}/stripe/invoice/{count - i}.pdf",
                ["paymentUrl"] = i == 0 && status == "open" ? $"{Address}/stripe/pay" : null,
            });
        }
    }

    private static long AmountOf(string plan, string interval) => Plans.Where(each => each.Key == plan).Select(each => interval == "year" ? each.Year : each.Month).Single();

    private void MapBilling()
    {
        var billing = _app.MapGroup("/api/v1/billing");
        billing.MapGet("/plans", () => SellsPlans
            ? Results.Json(new { currency = "usd", trialDays = 14, plans = Plans.Select(plan => new { key = plan.Key, name = plan.Name, prices = PricesOf(plan.Key), entitlements = ContentsOf(plan.Key) }) })
            : Problem(404, "billing-disabled"));
        billing.MapGet("/subscription", (HttpRequest request) => WithPlan(request, Role.Viewer, SubscriptionOf));
        billing.MapGet("/usage", (HttpRequest request) => WithPlan(request, Role.Viewer, UsageOf));
        billing.MapGet("/invoices", (HttpRequest request, int limit, string? cursor) => WithPlan(request, Role.Admin, team =>
        {
            var from = cursor is null ? 0 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture);
            return Results.Json(new JsonObject
            {
                ["items"] = Shown(team.Plan.Invoices.Skip(from).Take(limit)),
                ["nextCursor"] = from + limit < team.Plan.Invoices.Count ? $"{from + limit}" : null,
            });
        }));
        MapCheckout(billing);
        MapPlanChanges(billing.MapGroup("/subscription"));
        billing.MapPost("/portal", (HttpRequest request) => WithPlan(request, Role.Admin, team => team.Plan.Subscription is null && team.Plan.Invoices.Count == 0
            ? Problem(404, "not-found", "\"detail\":\"This workspace has never bought a plan, so there is nothing to manage.\"")
            : Results.Json(new { url = $"{Address}/stripe/portal" })));
    }

    private void MapCheckout(RouteGroupBuilder billing)
    {
        billing.MapPost("/checkout", (HttpRequest request, JsonObject body) => WithPlan(request, Role.Admin, team =>
        {
            var key = request.Headers["Idempotency-Key"].ToString();
            CheckoutKeys.Enqueue(key);
            if (Text(body, "promotionCode") is { } code && code != "SPRING")
            {
                return Invalid("promotionCode", "This code isn't valid.");
            }

            if (PricesOf(Text(body, "plan")!).All(price => price.Interval != Text(body, "interval")))
            {
                return Invalid("plan", "Must be one of: pro, business.");
            }

            if (team.Plan.Subscription is not null)
            {
                return Results.Json(new { url = $"{Address}/stripe/portal", sessionId = (string?)null, kind = "portal" });
            }

            var id = _sessionsByKey.GetOrAdd(key, _ => "cs_test_" + RandomNumberGenerator.GetHexString(16, lowercase: true));
            _checkouts.TryAdd(id, (team, Text(body, "plan")!, Text(body, "interval")!, "open"));
            return Results.Json(new { url = $"{Address}/stripe/checkout/{id}", sessionId = id, kind = "checkout" });
        }));
        billing.MapGet("/checkout/{id}", (HttpRequest request, string id) => WithPlan(request, Role.Admin, team =>
        {
            if (!_checkouts.TryGetValue(id, out var checkout) || checkout.Team != team)
            {
                return Problem(404, "not-found");
            }

            var state = checkout.State == "complete" && !PaymentsArrive ? "open" : checkout.State;
            if (state == "complete" && team.Plan.Subscription is null)
            {
                Subscribe(team, checkout.Plan, checkout.Interval, team.Plan.TrialAvailable ? "trialing" : "active");
                AddInvoices(team, 1);
            }

            return Results.Json(new
            {
                status = state, plan = checkout.Plan, name = NameOf(checkout.Plan), interval = checkout.Interval, trialEnd = (DateTimeOffset?)team.Plan.Subscription?["trialEnd"],
            });
        }));
        // The payment provider.
        _app.MapGet("/stripe/checkout/{id}", (string id) => Page($"<h1>Pay {_checkouts[id].Plan}</h1><p><a href=\"/stripe/checkout/{id}/pay\">Pay</a> <a href=\"{WebAddress}/pricing\">Leave</a></p>"));
        _app.MapGet("/stripe/checkout/{id}/pay", (string id) =>
        {
            EndCheckout(id, "complete");
            return Results.Redirect($"{WebAddress}/billing/success?session_id={id}");
        });
        _app.MapGet("/stripe/portal", () => Page($"<h1>Payment methods</h1><p><a href=\"{WebAddress}/app/settings/billing\">Return</a></p>"));
        _app.MapGet("/stripe/pay", () => Page("<h1>Pay the invoice</h1>"));

        static IResult Page(string body) => Results.Content($"<!DOCTYPE html><html lang=\"en\"><head><title>Payment provider</title></head><body><main>{body}</main></body></html>", "text/html");
    }

    /// <param name="state">complete or expired.</param>
    public void EndCheckout(string id, string state) => _checkouts[id] = _checkouts[id] with { State = state };

    private void MapPlanChanges(RouteGroupBuilder subscription)
    {
        subscription.MapPost("/preview", (HttpRequest request, JsonObject body) => WithSubscription(request, (team, current) => RefusalOf(current, body) ?? Results.Json(PreviewOf(current, body))));
        subscription.MapPost("/change", (HttpRequest request, JsonObject body) => WithSubscription(request, (team, current) =>
        {
            var (plan, interval) = (Text(body, "plan")!, Text(body, "interval")!);
            if (RefusalOf(current, body) is { } refusal)
            {
                return refusal;
            }

            if (team.Plan.DeclinesCards)
            {
                return Problem(402, "payment-failed", "\"detail\":\"The card was declined, so the plan was not changed.\"");
            }

            if (IsLarger(current, plan, interval))
            {
                Subscribe(team, plan, interval);
            }
            else
            {
                (current["nextPlan"], current["nextInterval"]) = (plan, interval);
            }

            return SubscriptionOf(team);
        }));
        subscription.MapPost("/cancel", (HttpRequest request, JsonObject body) => WithSubscription(request, (team, current) =>
        {
            team.Plan.Cancellation = (Text(body, "reason")!, Text(body, "comment"));
            (current["cancelAt"], current["renewsAt"]) = (current["renewsAt"]?.DeepClone(), null);
            return SubscriptionOf(team);
        }));
        subscription.MapPost("/resume", (HttpRequest request) => WithSubscription(request, (team, current) =>
        {
            current["renewsAt"] = (current["renewsAt"] ?? current["cancelAt"])?.DeepClone();
            (current["cancelAt"], current["nextPlan"], current["nextInterval"]) = (null, null, null);
            return SubscriptionOf(team);
        }));
    }

    private static IResult? RefusalOf(JsonObject current, JsonObject body) =>
        (string?)current["status"] == "past_due" ? Problem(409, "conflict", "\"detail\":\"A payment is open. Pay it first, then change the plan.\"")
        : (Text(current, "plan"), Text(current, "interval")) == (Text(body, "plan"), Text(body, "interval")) ? Problem(409, "conflict", "\"detail\":\"The workspace has this plan already.\"")
        : null;

    private static JsonObject PreviewOf(JsonObject current, JsonObject body)
    {
        var (plan, interval) = (Text(body, "plan")!, Text(body, "interval")!);
        var isLarger = IsLarger(current, plan, interval);
        var now = TimeProvider.System.GetUtcNow();
        return new JsonObject
        {
            ["plan"] = plan, ["interval"] = interval, ["effective"] = isLarger ? "now" : "periodEnd", ["effectiveAt"] = isLarger ? now : current["renewsAt"]!.DeepClone(),
            ["amountDue"] = isLarger ? AmountOf(plan, interval) - ((long)current["amount"]! / 2) : 0, ["nextAmount"] = AmountOf(plan, interval), ["currency"] = "usd", ["prorationDate"] = now,
        };
    }

    private static bool IsLarger(JsonObject current, string plan, string interval)
    {
        var keys = Plans.Select(each => each.Key).ToList();
        var (before, after) = (keys.IndexOf(Text(current, "plan")!), keys.IndexOf(plan));
        return after > before || (after == before && interval == "year");
    }

    private static string NameOf(string plan) => Plans.Single(each => each.Key == plan).Name;

    /// <summary>None for a plan that doesn't exist, or is free.</summary>
    private static List<Price> PricesOf(string plan) =>
        [.. Plans.Where(each => each.Key == plan && each.Month > 0).SelectMany(each => new[] { new Price("month", each.Month, "usd"), new Price("year", each.Year, "usd") })];

    private sealed record Price(string Interval, long Amount, string Currency);

    private static JsonObject ContentsOf(string key)
    {
        var plan = Plans.Single(each => each.Key == key);
        return new JsonObject
        {
            ["linksPerMonth"] = plan.Links, ["domains"] = 1L, ["members"] = plan.Members, ["rawClickDays"] = 30, ["exports"] = plan.Month > 0, ["scheduledReports"] = plan.Month > 0,
            ["sso"] = plan.Sso, ["auditExport"] = plan.Sso, ["apiLimitFactor"] = plan.Sso ? 10 : 1,
        };
    }

    private static IResult SubscriptionOf(Team team) => Results.Json(new JsonObject
    {
        ["plan"] = team.Plan.Key, ["name"] = NameOf(team.Plan.Key), ["source"] = team.Plan.Source, ["endsAt"] = team.Plan.EndsAt, ["entitlements"] = ContentsOf(team.Plan.Key),
        ["subscription"] = team.Plan.Subscription?.DeepClone(), ["trialAvailable"] = team.Plan.TrialAvailable, ["cancellationCoupon"] = team.Plan.Coupon,
    });

    private static IResult UsageOf(Team team)
    {
        var now = TimeProvider.System.GetUtcNow();
        var month = new DateOnly(now.Year, now.Month, 1);
        var contents = ContentsOf(team.Plan.Key);
        return Results.Json(new
        {
            plan = team.Plan.Key, planName = NameOf(team.Plan.Key), resetsAt = new DateTimeOffset(month.AddMonths(1), TimeOnly.MinValue, TimeSpan.Zero),
            limits = team.Plan.Used.Select(used =>
            {
                var allowed = (long)contents[used.Key == "links" ? "linksPerMonth" : used.Key]!;
                return new { name = used.Key, used = used.Value, allowed, percent = (int)(used.Value * 100 / allowed), upgradeTo = team.Plan.Key == "free" ? "pro" : team.Plan.Key == "pro" ? "business" : null };
            }),
            history = Enumerable.Range(0, 13).Select(back => new
            {
                month = month.AddMonths(-back), linksCreated = back == 0 ? team.Plan.Used["links"] : 1_000 + back, activeLinks = 140 - back, clicks = 12_846 + back, apiCalls = 5_000 - back,
                domains = 0, members = team.Plan.Used["members"], imports = 0,
            }),
        });
    }

    private IResult WithPlan(HttpRequest request, Role least, Func<Team, IResult> then) => Caller(request) is not { } account ? Problem(401, "unauthorized")
        : !SellsPlans ? Problem(404, "billing-disabled")
        : Permissions.RoleOf(CurrentOf(account).MemberOf(account)!.Role) < least ? Problem(403, "forbidden")
        : then(CurrentOf(account));

    private IResult WithSubscription(HttpRequest request, Func<Team, JsonObject, IResult> then) => WithPlan(request, Role.Admin, team => team.Plan.Subscription is { } current
        ? then(team, current)
        : Problem(409, "conflict", "\"detail\":\"This workspace has no running subscription.\""));
}
