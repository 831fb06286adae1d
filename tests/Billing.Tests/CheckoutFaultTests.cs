using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Billing.Checkout;
using LinkShort.Billing.Reconciliation;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Billing.Tests;

/// <summary>Nobody pays twice, and nobody is kept from buying.</summary>
public sealed class CheckoutFaultTests(BillingFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_checkouts_for_several_plans_at_once_one_can_be_paid()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = shop.Service.ClientOf();
        await Task.WhenAll(new[] { ("pro", "month"), ("business", "month"), ("pro", "year"), ("business", "year") }.Select(wanted =>
            owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = wanted.Item1, interval = wanted.Item2 })));
        shop.World.All("checkout.session").Count(session => (string?)session["status"] == "open").ShouldBe(1);
        (await shop.Service.ScalarAsync<long>("select count(*) from checkouts where workspace_id = $1 and state = 'open'", owner.Workspace)).ShouldBe(1);
    }

    [Fact]
    public async Task A_checkout_that_was_paid_in_another_tab_is_completed_and_no_second_one_can_be_paid()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = shop.Service.ClientOf();
        var paid = await StripeShop.CheckoutAsync(owner);
        shop.World.Pay(paid);
        // The event is still on its way.
        var second = (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "business", interval = "month" })).ShouldBeOk();
        ((string?)second["kind"]).ShouldBe("portal");
        shop.World.All("checkout.session").ShouldNotContain(session => (string?)session["status"] == "open");
        (await shop.Service.ScalarAsync<string>("select state from checkouts where session_id = $1", paid)).ShouldBe("complete");
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
    }

    [Fact]
    public async Task A_second_live_subscription_is_reported_and_a_cancellation_ends_both()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        shop.World.Subscribe(await shop.CustomerOfAsync(owner), "price_business_month");
        await shop.DeliverAsync();
        var entry = (await shop.Events.AuditOfAsync(owner.Workspace, "subscription.doubled")).ShouldHaveSingleItem();
        entry.ActorKind.ShouldBe("system");
        entry.ActorId.ShouldBeNull();
        (await shop.Events.AuditOfAsync(owner.Workspace, "subscription.planChanged")).ShouldAllBe(each => each.ActorKind == "system");
        (await shop.Service.Services.GetRequiredService<Reconciler>().ReconcileAsync(Cancellation)).Doubled.ShouldBe(1);

        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).ShouldBeOk();
        shop.World.All("subscription").Count(subscription => (bool)subscription["cancel_at_period_end"]!).ShouldBe(2);
    }

    [Fact]
    public async Task After_its_customer_was_deleted_at_Stripe_a_workspace_can_buy_again()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = await shop.CustomerAsync();
        var deleted = await shop.CustomerOfAsync(owner);
        shop.World.DeleteCustomer(deleted);
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(owner)).ShouldBe("free");
        (await owner.SendAsync(HttpMethod.Post, "billing/portal")).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        var session = shop.World.Find("checkout.session", await StripeShop.CheckoutAsync(owner));
        var second = await shop.CustomerOfAsync(owner);
        ((string?)session["customer"]).ShouldBe(second);
        second.ShouldNotBe(deleted);
        session["x_trial_days"].ShouldBeNull();

        // Deleted, and the event was lost.
        shop.World.DeleteCustomer(second);
        shop.World.Events.TakeAll();
        (await owner.SendAsync(HttpMethod.Post, "billing/portal")).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        await StripeShop.CheckoutAsync(owner);
        var third = await shop.CustomerOfAsync(owner);
        shop.World.DeleteCustomer(third);
        await StripeShop.CheckoutAsync(owner);
        (await shop.CustomerOfAsync(owner)).ShouldNotBe(third);
    }

    [Theory]
    [InlineData("de", "de")]
    [InlineData("ar", "auto")]
    [InlineData("fr-CA", "fr-CA")]
    [InlineData("de-AT", "de")]
    public async Task The_checkout_is_in_the_buyers_language_if_Stripe_has_it(string locale, string expected)
    {
        CheckoutLocales.Of(locale).ShouldBe(expected);
        if (locale == "ar")
        {
            await using var shop = await StripeShop.OpenAsync(fixture);
            using var owner = shop.Service.ClientOf(locale: locale);
            ((string?)shop.World.Find("checkout.session", await StripeShop.CheckoutAsync(owner))["locale"]).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task A_key_that_Stripe_remembers_with_other_values_or_with_a_failure_is_replaced()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = shop.Service.ClientOf();
        var used = Guid.CreateVersion7();
        await shop.Service.ExecuteAsync(
            "insert into checkouts (id, workspace_id, user_id, plan, interval, promotion, state, created_at) values ($1, $2, $2, 'pro', 'month', '', 'open', now())", used, owner.Workspace);
        shop.World.Once($"checkout-{used}", "other values", () => new JsonObject());
        await StripeShop.CheckoutAsync(owner);
        (await shop.Service.ScalarAsync<string>("select state from checkouts where id = $1", used)).ShouldBe("expired");

        using var unlucky = shop.Service.ClientOf();
        shop.World.Break(500, "POST /v1/checkout/sessions", times: 2);
        for (var i = 0; i < 2; i++)
        {
            (await unlucky.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" })).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
        }

        await StripeShop.CheckoutAsync(unlucky);
        (await shop.Service.ScalarAsync<long>("select count(*) from checkouts where workspace_id = $1", unlucky.Workspace)).ShouldBe(2);
    }

    [Fact]
    public async Task What_Stripe_refuses_is_the_fields_error_and_what_it_no_longer_has_is_handled()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        shop.World.AddPrice("price_business_year", 39_000, "usd", "year", active: false);
        using var owner = shop.Service.ClientOf();
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "business", interval = "year" })).ShouldRefuse("plan");
        shop.World.Break(400, "POST /v1/checkout/sessions", times: 1);
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" })).ShouldBeProblem(HttpStatusCode.Conflict, "conflict");
        shop.World.Break(401, "POST /v1/checkout/sessions", times: 1);
        (await owner.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" })).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");

        await StripeShop.CheckoutAsync(owner);
        var customer = await shop.CustomerOfAsync(owner);
        foreach (var (type, kind) in new[] { ("invoice.updated", "invoice"), ("checkout.session.completed", "checkout.session"), ("customer.subscription.updated", "subscription"), ("charge.refunded", "charge") })
        {
            (await shop.SendAsync(new JsonObject
            {
                ["id"] = "evt_" + kind, ["type"] = type, ["data"] = new JsonObject { ["object"] = new JsonObject { ["id"] = "gone", ["object"] = kind, ["customer"] = customer } },
            })).ShouldBe(HttpStatusCode.OK, type);
        }

        (await shop.Service.ScalarAsync<long>("select count(*) from stripe_events")).ShouldBe(4);
    }

    [Fact]
    public async Task A_workspace_that_is_going_to_be_deleted_is_not_charged_again_and_buys_nothing()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        using var buyer = shop.Service.ClientOf();
        var open = await StripeShop.CheckoutAsync(buyer);
        var now = TimeProvider.System.GetUtcNow();
        shop.World.Break(500, "POST /v1/subscriptions/", times: 1);
        await shop.Events.PublishAsync(new WorkspaceDeletionScheduled(owner.Workspace, now.AddDays(30), 2, now));
        await shop.Events.PublishAsync(new WorkspaceDeletionScheduled(buyer.Workspace, now.AddDays(30), 2, now));
        await Eventually.PassesAsync(async () => (await owner.GetAsync("billing/subscription")).ShouldBeOk()["subscription"]!["cancelAt"].ShouldNotBeNull());
        await Eventually.BecomesAsync(() => Task.FromResult((string?)shop.World.Find("checkout.session", open)["status"]), status => status == "expired");

        (await buyer.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" })).ShouldBeProblem(HttpStatusCode.Conflict, "workspace-deletion-scheduled");
        foreach (var path in new[] { "change", "resume" })
        {
            (await owner.SendAsync(HttpMethod.Post, "billing/subscription/" + path, new { plan = "business", interval = "month" }))
                .ShouldBeProblem(HttpStatusCode.Conflict, "workspace-deletion-scheduled");
        }

        // A read-only token, before the event has come.
        using var reader = shop.Service.ClientOf(scopes: Scopes.All.Where(scope => !scope.EndsWith(Scopes.WriteSuffix, StringComparison.Ordinal)));
        (await reader.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" })).ShouldBeProblem(HttpStatusCode.Conflict, "workspace-deletion-scheduled");

        await shop.Events.PublishAsync(new WorkspaceRestored(owner.Workspace, 3, now));
        await Eventually.PassesAsync(async () => (await owner.GetAsync("billing/subscription")).ShouldBeOk()["subscription"]!["cancelAt"].ShouldBeNull());
        (await owner.SendAsync(HttpMethod.Post, "billing/subscription/change", new { plan = "business", interval = "month" })).ShouldBeOk();
    }
}
