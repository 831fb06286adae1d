using System.Net;
using LinkShort.Billing.Subscriptions;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Billing.Tests;

/// <summary>From free to paid and back.</summary>
public sealed class PurchaseTests(BillingFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_workspace_buys_a_plan_changes_to_yearly_cancels_and_is_free_after_the_period()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = shop.Service.ClientOf();
        var offer = (await owner.GetAsync("billing/plans")).ShouldBeOk();
        ((int)offer["trialDays"]!).ShouldBe(0);
        var plans = offer["plans"]!.AsArray();
        plans.Select(plan => (string)plan!["key"]!).ShouldBe(["free", "pro", "business"]);
        ((long)plans[1]!["prices"]![0]!["amount"]!).ShouldBe(500);

        // Twice at once: one customer, one session.
        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StripeShop.CheckoutAsync(owner)));
        started.Distinct().ShouldHaveSingleItem();
        shop.World.All("customer").Count(customer => (string?)customer["email"] == $"{owner.Workspace:N}@example.org").ShouldBe(1);
        var session = shop.World.Find("checkout.session", started[0]);
        ((string?)session["success_url"]).ShouldBe("https://links.example.com/billing/success?session_id={CHECKOUT_SESSION_ID}");
        ((string?)session["cancel_url"]).ShouldBe("https://links.example.com/pricing");
        ((string?)session["metadata"]!["workspace_id"]).ShouldBe(owner.Workspace.ToString());
        ((string?)(await owner.GetAsync($"billing/checkout/{started[0]}")).ShouldBeOk()["status"]).ShouldBe("open");
        using (var stranger = shop.Service.ClientOf())
        {
            (await stranger.GetAsync($"billing/checkout/{started[0]}")).Status.ShouldBe(HttpStatusCode.NotFound);
        }

        // Another plan in another tab: the first checkout can't be paid any more, so that nobody pays twice.
        var other = await StripeShop.CheckoutAsync(owner, "business");
        ((string?)shop.World.Find("checkout.session", started[0])["status"]).ShouldBe("expired");
        started[0] = await StripeShop.CheckoutAsync(owner);
        ((string?)shop.World.Find("checkout.session", other)["status"]).ShouldBe("expired");

        shop.World.Pay(started[0]);
        await shop.DeliverAsync();
        ((string?)(await owner.GetAsync($"billing/checkout/{started[0]}")).ShouldBeOk()["status"]).ShouldBe("complete");
        (await shop.Events.PlansOfAsync(owner.Workspace)).ShouldHaveSingleItem().Entitlements.LinksPerMonth.ShouldBe(1_000);
        (await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.Upgraded)).ShouldHaveSingleItem().Facts.ShouldSatisfyAllConditions(
            facts => facts.Plan.ShouldBe("Pro"), facts => facts.Amount.ShouldBe(500), facts => facts.Currency.ShouldBe("usd"));
        (await shop.Events.AuditOfAsync(owner.Workspace, "subscription.planChanged")).ShouldHaveSingleItem().After!.ShouldContain("evt_");
        var invoices = (await owner.GetAsync("billing/invoices")).ShouldBeOk()["items"]!.AsArray();
        ((string?)invoices.ShouldHaveSingleItem()!["status"]).ShouldBe("paid");

        // Paying already: to the portal.
        var again = (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "business", interval = "month" })).ShouldBeOk();
        ((string?)again["kind"]).ShouldBe("portal");

        var preview = (await owner.SendAsync(HttpMethod.Post, "billing/subscription/preview", new { plan = "pro", interval = "year" })).ShouldBeOk();
        ((string?)preview["effective"]).ShouldBe("now");
        ((long)preview["amountDue"]!).ShouldBeInRange(4_400, 4_510);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "pro", interval = "year", prorationDate = (string?)preview["prorationDate"] })).ShouldBeOk();
        ((string?)(await owner.GetAsync("billing/subscription")).ShouldBeOk()["subscription"]!["interval"]).ShouldBe("year");
        await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.PlanChanged);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "pro", interval = "year" })).ShouldBeProblem(HttpStatusCode.Conflict, "conflict");

        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "just because" })).ShouldRefuse("reason");
        var cancelled = (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused", comment = "See you" })).ShouldBeOk();
        cancelled["subscription"]!["cancelAt"].ShouldNotBeNull();
        ((string?)cancelled["plan"]).ShouldBe("pro");
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/resume")).ShouldBeOk()["subscription"]!["cancelAt"].ShouldBeNull();
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).ShouldBeOk();
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");

        shop.World.Advance(TimeSpan.FromDays(367));
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("free");
        (await shop.Events.PlansOfAsync(owner.Workspace, 2))[^1].Entitlements.Plan.ShouldBe("free");
        await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.PlanEnded);
        var changes = new List<string>();
        await using var command = shop.Service.Database.CreateCommand("select kind || ' ' || amount_before || ' ' || amount_after from revenue_changes order by position");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
        {
            changes.Add(reader.GetString(0));
        }

        changes.ShouldBe(["new 0 500", "contraction 500 417", "churned 417 0"]);
    }

    [Fact]
    public async Task A_trial_without_a_card_is_used_once_and_ends_in_the_default_plan()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = shop.Service.ClientOf();
        ((bool)(await owner.GetAsync("billing/subscription")).ShouldBeOk()["trialAvailable"]!).ShouldBeTrue();
        shop.World.Pay(await StripeShop.CheckoutAsync(owner), hasCard: false);
        await shop.DeliverAsync();
        var trial = (await owner.GetAsync("billing/subscription")).ShouldBeOk();
        ((string?)trial["plan"]).ShouldBe("pro");
        ((string?)trial["subscription"]!["status"]).ShouldBe("trialing");
        ((bool)trial["trialAvailable"]!).ShouldBeFalse();
        // Nothing comes in yet.
        (await shop.Service.ScalarAsync<long>("select count(*) from revenue_changes")).ShouldBe(0);

        shop.World.Advance(TimeSpan.FromDays(12));
        await shop.DeliverAsync();
        (await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.TrialEnding)).ShouldHaveSingleItem().Facts.Day.ShouldNotBeNull();
        shop.World.Advance(TimeSpan.FromDays(3));
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("free");

        var second = shop.World.Find("checkout.session", await StripeShop.CheckoutAsync(owner, "business"));
        second["x_trial_days"].ShouldBeNull();
    }

    [Fact]
    public async Task A_smaller_plan_starts_at_the_periods_end_and_a_larger_one_at_once()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync("business");
        var preview = (await owner.SendAsync(HttpMethod.Post, "billing/subscription/preview", new { plan = "pro", interval = "month" })).ShouldBeOk();
        ((string?)preview["effective"]).ShouldBe("periodEnd");
        ((long)preview["amountDue"]!).ShouldBe(0);
        var scheduled = (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "pro", interval = "month" })).ShouldBeOk();
        ((string?)scheduled["plan"]).ShouldBe("business");
        ((string?)scheduled["subscription"]!["nextPlan"]).ShouldBe("pro");
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/resume")).ShouldBeOk()["subscription"]!["nextPlan"].ShouldBeNull();
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "pro", interval = "month" })).ShouldBeOk();

        shop.World.Advance(TimeSpan.FromDays(32));
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");

        // A refused card changes nothing.
        shop.World.SetCard(await shop.CustomerOfAsync(owner), works: false);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "business", interval = "month" })).ShouldBeProblem(HttpStatusCode.PaymentRequired, "payment-failed");
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        shop.World.SetCard(await shop.CustomerOfAsync(owner), works: true);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "business", interval = "month" })).ShouldBeOk();
        (await shop.PlanOfAsync(owner)).ShouldBe("business");
    }

    [Fact]
    public async Task After_a_failed_payment_the_plan_stays_for_the_grace_period_with_reminders_and_comes_back_with_a_late_payment()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        var customer = await shop.CustomerOfAsync(owner);
        var dunning = shop.Service.Services.GetRequiredService<Dunning>();
        shop.World.SetCard(customer, works: false);
        shop.World.Advance(TimeSpan.FromDays(32));
        await shop.DeliverAsync();
        var failed = (await owner.GetAsync("billing/subscription")).ShouldBeOk();
        ((string?)failed["plan"]).ShouldBe("pro");
        ((string?)failed["subscription"]!["status"]).ShouldBe("past_due");
        ((string?)failed["subscription"]!["paymentUrl"]).ShouldNotBeNullOrEmpty();
        await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.PaymentFailed);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "business", interval = "month" })).ShouldBeProblem(HttpStatusCode.Conflict, "conflict");

        foreach (var kind in new[] { BillingNoticeKinds.PaymentStillDue, BillingNoticeKinds.PaymentLastReminder })
        {
            await shop.Service.ExecuteAsync(
                "update subscriptions set past_due_since = past_due_since - interval '3 days', grace_until = grace_until - interval '3 days' where workspace_id = $1", owner.Workspace);
            await dunning.RunDueAsync(Cancellation);
            (await shop.Events.NoticesOfAsync(owner.Workspace, kind)).ShouldHaveSingleItem();
        }

        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        await shop.Service.ExecuteAsync("update subscriptions set grace_until = now() - interval '1 second' where workspace_id = $1", owner.Workspace);
        await dunning.RunDueAsync(Cancellation);
        (await shop.PlanOfAsync(owner)).ShouldBe("free");
        await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.PlanEnded);

        shop.World.SetCard(customer, works: true);
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.PaymentRecovered);
        using var op = shop.Service.Operator();
        var revenue = (await op.GetAsync("admin/billing/revenue")).ShouldBeOk();
        ((long)revenue["monthlyRevenue"]!).ShouldBe(500);
        ((long)revenue["annualRevenue"]!).ShouldBe(6_000);
        ((int)revenue["customers"]!).ShouldBe(1);
        var month = revenue["months"]!.AsArray()[^1]!;
        ((long)month["new"]!, (long)month["churned"]!, (long)month["reactivated"]!, (long)month["end"]!).ShouldBe((500, 500, 500, 500));
    }

    [Fact]
    public async Task The_page_after_a_checkout_asks_Stripe_when_the_event_is_late_and_former_customers_are_written_to_once()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = shop.Service.ClientOf();
        var session = await StripeShop.CheckoutAsync(owner);
        shop.World.Pay(session);
        ((string?)(await owner.GetAsync($"billing/checkout/{session}")).ShouldBeOk()["status"]).ShouldBe("open");
        await shop.Service.ExecuteAsync("update checkouts set asked_at = asked_at - interval '6 seconds' where workspace_id = $1", owner.Workspace);
        ((string?)(await owner.GetAsync($"billing/checkout/{session}")).ShouldBeOk()["status"]).ShouldBe("complete");
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        await shop.DeliverAsync();
        (await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.Upgraded)).ShouldHaveSingleItem();

        shop.World.CancelSubscription(await shop.Service.ScalarAsync<string>("select id from subscriptions where workspace_id = $1", owner.Workspace));
        await shop.DeliverAsync();
        await shop.Service.ExecuteAsync("update subscriptions set win_back_at = now() where workspace_id = $1", owner.Workspace);
        var dunning = shop.Service.Services.GetRequiredService<Dunning>();
        await dunning.RunDueAsync(Cancellation);
        await dunning.RunDueAsync(Cancellation);
        (await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.WinBack)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Operators_see_who_pays_who_may_leave_and_how_limits_are_used()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        var now = TimeProvider.System.GetUtcNow();
        var last = new DateOnly(now.Year, now.Month, 1).AddMonths(-1);
        using var payer = await shop.CustomerAsync();
        using var trying = await shop.CustomerAsync("business");
        shop.World.Advance(TimeSpan.FromDays(13));
        await shop.DeliverAsync();
        (await payer.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).ShouldBeOk();
        foreach (var workspace in new[] { payer.Workspace, trying.Workspace, Guid.CreateVersion7() })
        {
            await shop.Events.PublishAsync(new UserRegistered(Guid.CreateVersion7(), workspace, "x@example.org", null, "en", now));
            await shop.Events.PublishAsync(new UsageCounted(workspace, UsageMetrics.LinksCreated, last.AddMonths(-1), 1_000, 1));
            await shop.Events.PublishAsync(new UsageCounted(workspace, UsageMetrics.LinksCreated, last, 45, 1));
        }

        using var op = shop.Service.Operator();
        await Eventually.PassesAsync(async () => ((int)(await op.GetAsync("admin/billing/conversion")).ShouldBeOk()["cohorts"]![0]!["signUps"]!).ShouldBe(3));
        var cohort = (await op.GetAsync("admin/billing/conversion")).ShouldBeOk()["cohorts"]![0]!;
        ((int)cohort["trials"]!, (int)cohort["trialsConverted"]!, (int)cohort["trialsRunning"]!, (int)cohort["paid"]!).ShouldBe((2, 0, 2, 0));
        // One trial was cancelled, the other one is paid for.
        shop.World.Advance(TimeSpan.FromDays(2));
        await shop.DeliverAsync();
        cohort = (await op.GetAsync("admin/billing/conversion")).ShouldBeOk()["cohorts"]![0]!;
        ((int)cohort["trialsConverted"]!, (int)cohort["trialsRunning"]!, (int)cohort["paid"]!).ShouldBe((1, 0, 1));

        await Eventually.PassesAsync(async () => (await op.GetAsync("admin/billing/usage")).ShouldBeOk()["plans"]!.AsArray().Sum(plan => (int)plan!["workspaces"]!).ShouldBe(3));
        var usage = (await op.GetAsync("admin/billing/usage")).ShouldBeOk()["plans"]!.AsArray();
        var free = usage.Single(plan => (string?)plan!["plan"] == "free")!;
        ((int)free["workspaces"]!, (int)free["from80"]!, (long)free["median"]!).ShouldBe((2, 2, 45));
        var risk = (await op.GetAsync("admin/billing/at-risk")).ShouldBeOk()["customers"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)risk["workspaceId"]).ShouldBe(trying.Workspace.ToString());
        risk["reasons"]!.AsArray().Select(reason => (string?)reason).ShouldBe(["usageHalved"]);
    }

    [Fact]
    public async Task Bad_purchases_are_refused_and_name_the_field()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = shop.Service.ClientOf();
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "free", interval = "month" })).ShouldRefuse("plan");
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "price_of_somebody_else", interval = "month" })).ShouldRefuse("plan");
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "week" })).ShouldRefuse("interval");
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month", promotionCode = "NOPE" })).ShouldRefuse("promotionCode");
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month", promotionCode = "welcome" })).ShouldBeOk();
        (await owner.SendAsync(HttpMethod.Post, "billing/portal")).Status.ShouldBe(HttpStatusCode.OK);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).ShouldBeProblem(HttpStatusCode.Conflict, "conflict");
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "pro", interval = "month", prorationDate = "2020-01-01T00:00:00Z" })).ShouldRefuse("prorationDate");
        (await owner.GetAsync("billing/invoices?limit=-1")).ShouldRefuse("limit");
        using var member = shop.Service.ClientOf(owner.Workspace, "member");
        (await member.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" })).Status.ShouldBe(HttpStatusCode.Forbidden);
        using var new1 = shop.Service.ClientOf();
        (await new1.SendAsync(HttpMethod.Post, "billing/portal")).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Prices_that_differ_from_Stripes_are_a_warning_that_names_both()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:Plans:business:Year:PriceId"] = "" });
        using var client = shop.Service.Anonymous();
        await Eventually.PassesAsync(async () => (await client.GetStringAsync("/health")).ShouldContain("Billing__Plans__business__Year__PriceId"));
        shop.World.ChangePrice("price_pro_month", 700);
        await shop.DeliverAsync();
        await Eventually.PassesAsync(async () =>
            (await client.GetStringAsync("/health")).ShouldContain("Pro is shown as 500 usd per month, but Stripe's price price_pro_month is 700 usd per month."));
    }
}
