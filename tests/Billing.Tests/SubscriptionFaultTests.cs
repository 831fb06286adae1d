using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Billing.Reconciliation;
using LinkShort.Billing.Subscriptions;
using LinkShort.Contracts;
using LinkShort.FakeStripe;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Billing.Tests;

/// <summary>Changes that fail in the middle, and differences that are not what they seem.</summary>
public sealed class SubscriptionFaultTests(BillingFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_that_fails_leaves_a_scheduled_change_and_a_cancellation_as_they_were()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync("business");
        var customer = await shop.CustomerOfAsync(owner);
        (await ChangeAsync(owner, "pro", "month")).ShouldBeOk();
        shop.World.SetCard(customer, works: false);
        (await ChangeAsync(owner, "business", "year")).ShouldBeProblem(HttpStatusCode.PaymentRequired, "payment-failed");
        ((string?)(await SubscriptionOfAsync(owner))["nextPlan"]).ShouldBe("pro");
        shop.World.SetCard(customer, works: true);

        shop.World.Break(500, "POST /v1/subscriptions/", times: 1);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
        ((string?)(await SubscriptionOfAsync(owner))["nextPlan"]).ShouldBe("pro");
        shop.World.All("subscription").ShouldHaveSingleItem()["schedule"].ShouldNotBeNull();

        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).ShouldBeOk()["subscription"]!["nextPlan"].ShouldBeNull();
        shop.World.Break(500, "POST /v1/subscription_schedules/", times: 1);
        (await ChangeAsync(owner, "pro", "month")).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
        var kept = await SubscriptionOfAsync(owner);
        kept["cancelAt"].ShouldNotBeNull();
        kept["nextPlan"].ShouldBeNull();
        ((bool)shop.World.All("subscription").ShouldHaveSingleItem()["cancel_at_period_end"]!).ShouldBeTrue();

        shop.World.SetCard(customer, works: false);
        (await ChangeAsync(owner, "business", "year")).ShouldBeProblem(HttpStatusCode.PaymentRequired, "payment-failed");
        (await SubscriptionOfAsync(owner))["cancelAt"].ShouldNotBeNull();
        // Which succeeds takes the cancellation back.
        shop.World.SetCard(customer, works: true);
        (await ChangeAsync(owner, "business", "year")).ShouldBeOk()["subscription"]!["cancelAt"].ShouldBeNull();
    }

    [Fact]
    public async Task A_smaller_plan_from_the_trials_end_on_ends_neither_the_trial_nor_the_discount()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = await shop.CustomerAsync("business");
        var id = (string)shop.World.All("subscription").ShouldHaveSingleItem()["id"]!;
        shop.World.Discount(id, "di_half");
        (await ChangeAsync(owner, "pro", "month")).ShouldBeOk();
        // Changed once more: the same schedule.
        (await ChangeAsync(owner, "pro", "year")).ShouldBeOk();
        var after = shop.World.Find("subscription", id);
        ((string?)after["status"]).ShouldBe("trialing");
        ((string?)after["discounts"]!.AsArray().ShouldHaveSingleItem()).ShouldBe("di_half");
        var schedule = shop.World.All("subscription_schedule").ShouldHaveSingleItem();
        schedule["phases"]!.AsArray().Count.ShouldBe(2);
        ((string?)schedule["phases"]![1]!["discounts"]![0]!["discount"]).ShouldBe("di_half");
        ((string?)(await SubscriptionOfAsync(owner))["nextInterval"]).ShouldBe("year");
    }

    [Fact]
    public async Task A_change_is_decided_on_Stripes_present_state()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        var id = (string)shop.World.All("subscription").ShouldHaveSingleItem()["id"]!;
        shop.World.UpdateSubscription(id, new Form(new Dictionary<string, string> { ["items[0][price]"] = "price_business_month" }));
        // Its event has not come yet.
        (await ChangeAsync(owner, "business", "month")).ShouldBeProblem(HttpStatusCode.Conflict, "conflict");
        (await shop.PlanOfAsync(owner)).ShouldBe("business");
        shop.World.CancelSubscription(id);
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).ShouldBeProblem(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task A_payment_that_the_bank_wants_confirmed_names_the_page_and_the_change_follows()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        shop.World.AskForConfirmation(await shop.CustomerOfAsync(owner));
        var problem = (await ChangeAsync(owner, "business", "month")).ShouldBeProblem(HttpStatusCode.PaymentRequired, "payment-failed");
        ((string?)problem["reason"]).ShouldBe("confirmationRequired");
        ((string?)problem["paymentUrl"]).ShouldNotBeNull().ShouldContain("/invoice/");
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        shop.World.Confirm((string)shop.World.All("subscription").ShouldHaveSingleItem()["id"]!);
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("business");
    }

    [Fact]
    public async Task With_the_key_of_another_account_nobody_loses_a_plan()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        var owners = new List<ApiClient>();
        for (var i = 0; i < 5; i++)
        {
            owners.Add(await shop.CustomerAsync());
        }

        var reconciler = shop.Service.Services.GetRequiredService<Reconciler>();
        var ids = shop.World.All("subscription").Select(subscription => (string)subscription["id"]!).ToList();
        shop.World.Forget("subscription", ids[0]);
        // By a user's change it isn't ended either.
        (await ChangeAsync(owners[0], "business", "month")).Status.ShouldBe(HttpStatusCode.Conflict);
        (await shop.PlanOfAsync(owners[0])).ShouldBe("pro");
        var first = await reconciler.ReconcileAsync(Cancellation);
        (first.Mended, first.Missing).ShouldBe((1, 0));
        (await shop.PlanOfAsync(owners[0])).ShouldBe("free");

        foreach (var id in ids.Skip(1))
        {
            shop.World.Forget("subscription", id);
        }

        var second = await reconciler.ReconcileAsync(Cancellation);
        (second.Mended, second.Missing).ShouldBe((0, 4));
        foreach (var owner in owners.Skip(1))
        {
            (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        }

        using var client = shop.Service.Anonymous();
        (await client.GetStringAsync("/health")).ShouldContain("Stripe__ApiKey");
        owners.ForEach(owner => owner.Dispose());
    }

    [Fact]
    public async Task One_that_cannot_be_compared_holds_up_no_other_and_only_differences_are_counted()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var bad = await shop.CustomerAsync();
        using var good = await shop.CustomerAsync("business");
        var reconciler = shop.Service.Services.GetRequiredService<Reconciler>();
        // As if settings had said at the time of the purchase that the price is Pro's.
        await shop.Service.ExecuteAsync("update subscriptions set plan = 'pro' where workspace_id = $1", good.Workspace);
        await shop.Service.ExecuteAsync("update subscriptions set status = 'unpaid' where workspace_id = $1", bad.Workspace);
        await shop.Service.ExecuteAsync("update invoices set status = 'open' where workspace_id = $1", good.Workspace);
        var id = await shop.Service.ScalarAsync<string>("select id from subscriptions where workspace_id = $1", bad.Workspace);
        shop.World.Break(400, "GET /v1/subscriptions/" + id, times: 1);
        // The former owner's address.
        var contact = fixture.Identity.Contact;
        fixture.Identity.Contact = workspace => workspace == good.Workspace
            ? new { workspaceId = workspace, name = "Grace's links", ownerId = workspace, email = "grace@example.org", ownerName = "Grace", locale = "en" } : contact(workspace);

        var first = await reconciler.ReconcileAsync(Cancellation);
        (first.Listed, first.Mended, first.Failed).ShouldBe((2, 1, 1));
        (await shop.PlanOfAsync(good)).ShouldBe("business");
        (await shop.Service.ScalarAsync<string>("select status from invoices where workspace_id = $1", good.Workspace)).ShouldBe("paid");
        var customer = shop.World.Find("customer", await shop.CustomerOfAsync(good));
        ((string?)customer["email"], (string?)customer["name"]).ShouldBe(("grace@example.org", "Grace's links"));
        var second = await reconciler.ReconcileAsync(Cancellation);
        (second.Mended, second.Failed).ShouldBe((1, 0));
        (await reconciler.ReconcileAsync(Cancellation)).Mended.ShouldBe(0);
        shop.World.Break(500, "GET /v1/subscriptions");
        await Should.ThrowAsync<Exception>(() => reconciler.ReconcileAsync(Cancellation));
    }

    [Fact]
    public async Task An_invoice_that_is_paid_during_the_comparison_stays_paid()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        var customer = await shop.CustomerOfAsync(owner);
        shop.World.SetCard(customer, works: false);
        shop.World.Advance(TimeSpan.FromDays(32));
        await shop.DeliverAsync();
        (await shop.Service.ScalarAsync<long>("select count(*) from invoices where workspace_id = $1 and status = 'open'", owner.Workspace)).ShouldBe(1);

        // The list is on its way when the payment comes.
        shop.World.Break(null, "GET /v1/invoices", times: 1, delay: TimeSpan.FromSeconds(3));
        var comparing = shop.Service.Services.GetRequiredService<Reconciler>().ReconcileAsync(Cancellation);
        await Eventually.BecomesAsync(() => Task.FromResult(shop.World.Requests.ContainsKey("GET /v1/invoices")), isListed => isListed);
        shop.World.SetCard(customer, works: true);
        await shop.DeliverAsync();
        await comparing;
        (await shop.Service.ScalarAsync<long>("select count(*) from invoices where workspace_id = $1 and status = 'open'", owner.Workspace)).ShouldBe(0);
    }

    [Fact]
    public async Task A_customer_whose_price_is_in_no_plan_keeps_the_plan()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        shop.World.UpdateSubscription(
            (string)shop.World.All("subscription").ShouldHaveSingleItem()["id"]!, new Form(new Dictionary<string, string> { ["items[0][price]"] = "price_of_somebody_else" }));
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        (await shop.Service.Services.GetRequiredService<Reconciler>().ReconcileAsync(Cancellation)).Mended.ShouldBe(0);
    }

    [Fact]
    public async Task The_grace_period_also_ends_for_a_plan_that_brings_in_nothing_and_viewers_get_no_page_to_pay()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        shop.World.SetCard(await shop.CustomerOfAsync(owner), works: false);
        shop.World.Advance(TimeSpan.FromDays(32));
        await shop.DeliverAsync();
        using var viewer = shop.Service.ClientOf(owner.Workspace, "viewer");
        (await SubscriptionOfAsync(viewer))["paymentUrl"].ShouldBeNull();
        (await SubscriptionOfAsync(owner))["paymentUrl"].ShouldNotBeNull();

        await shop.Service.ExecuteAsync("update subscriptions set grace_until = now() - interval '1 second', amount = 0, monthly_amount = 0 where workspace_id = $1", owner.Workspace);
        var dunning = shop.Service.Services.GetRequiredService<Dunning>();
        await dunning.RunDueAsync(Cancellation);
        await dunning.RunDueAsync(Cancellation);
        (await shop.PlanOfAsync(owner)).ShouldBe("free");
        (await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.PlanEnded)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Customers_who_came_back_are_not_asked_to_come_back()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        shop.World.CancelSubscription(await shop.Service.ScalarAsync<string>("select id from subscriptions where workspace_id = $1", owner.Workspace));
        await shop.DeliverAsync();
        shop.World.Pay(await StripeShop.CheckoutAsync(owner));
        await shop.DeliverAsync();
        using var former = await shop.CustomerAsync();
        shop.World.CancelSubscription(await shop.Service.ScalarAsync<string>("select id from subscriptions where workspace_id = $1", former.Workspace));
        await shop.DeliverAsync();
        await shop.Service.ExecuteAsync("update subscriptions set win_back_at = now() where win_back_at is not null");
        await shop.Service.Services.GetRequiredService<Dunning>().RunDueAsync(Cancellation);
        await shop.Events.NoticesOfAsync(former.Workspace, BillingNoticeKinds.WinBack);
        shop.Events.Of<BillingNoticeRaised>(notice => notice.WorkspaceId == owner.Workspace && notice.Kind == BillingNoticeKinds.WinBack).ShouldBeEmpty();
        (await shop.Service.ScalarAsync<long>("select count(*) from subscriptions where win_back_at is not null")).ShouldBe(0);
    }

    private static Task<ApiAnswer> ChangeAsync(ApiClient client, string plan, string interval) =>
        client.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan, interval });

    private static async Task<JsonObject> SubscriptionOfAsync(ApiClient client) => (await client.GetAsync("billing/subscription")).ShouldBeOk()["subscription"]!.AsObject();
}
