using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.Billing.Reconciliation;
using LinkShort.Contracts;
using LinkShort.FakeStripe;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Stripe;

namespace LinkShort.Billing.Tests;

/// <summary>Stripe's events: signed, once, in any order, and lost.</summary>
public sealed class WebhookTests(BillingFixture fixture)
{
    [Fact]
    public async Task Only_what_Stripe_signed_is_accepted()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = shop.Service.ClientOf();
        shop.World.Pay(await StripeShop.CheckoutAsync(owner));
        var body = Encoding.UTF8.GetBytes(shop.World.Events.TakeAll().Single(happened => (string?)happened["type"] == "checkout.session.completed").ToJsonString());
        var text = Encoding.UTF8.GetString(body);
        var now = TimeProvider.System.GetUtcNow();
        var changed = body.ToArray();
        changed[^3] ^= 1;
        var large = new byte[1024 * 1024];
        Array.Fill(large, (byte)'x');
        foreach (var (sent, signature) in new (byte[], string?)[]
        {
            (changed, Deliveries.Sign(text, StripeShop.Secret, now)), (body, Deliveries.Sign(text, StripeShop.Secret, now.AddMinutes(-6))),
            (body, Deliveries.Sign(text, "whsec_of_somebody_else", now)), (body, null), (body, ""), (body, "t=,v1="), (body, "nonsense"), (body, "t=99999999999999999999,v1=00"),
            (large, Deliveries.Sign(text, StripeShop.Secret, now)), ([], Deliveries.Sign("", "whsec_x", now)),
        })
        {
            (await shop.SendAsync(sent, signature)).ShouldBe(HttpStatusCode.BadRequest, signature);
        }

        foreach (var nonsense in new[] { "", "[]", "null", "{}", """{"id":"evt_1","type":"x"}""", """{"id":1,"type":"x","data":{"object":{}}}""", """{"id":"evt_1","type":"x","data":{"object":7}}""" })
        {
            (await shop.SendAsync(Encoding.UTF8.GetBytes(nonsense), Deliveries.Sign(nonsense, StripeShop.Secret, now))).ShouldBe(HttpStatusCode.BadRequest, nonsense);
        }

        (await shop.PlanOfAsync(owner)).ShouldBe("free");
        (await shop.Service.ScalarAsync<long>("select count(*) from stripe_events")).ShouldBe(0);

        // As Stripe's own library signs, also with the secret that is being replaced; twice.
        (await shop.SendAsync(body, EventUtility.GenerateSignatureHeader(text, "whsec_old", null))).ShouldBe(HttpStatusCode.OK);
        (await shop.SendAsync(body, EventUtility.GenerateSignatureHeader(text, StripeShop.Secret, null))).ShouldBe(HttpStatusCode.OK);
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        (await shop.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.Upgraded)).ShouldHaveSingleItem();
        // A type that is not needed, and another API version.
        var unknown = new JsonObject { ["id"] = "evt_new", ["type"] = "tax.settings.updated", ["api_version"] = "2031-01-01.zebra", ["data"] = new JsonObject { ["object"] = new JsonObject() } };
        (await shop.SendAsync(unknown)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_workspace_in_metadata_and_a_price_of_no_plan_give_nothing()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var victim = shop.Service.ClientOf();
        using var attacker = await shop.CustomerAsync();
        var customer = await shop.CustomerOfAsync(attacker);
        // Bought by one customer, with the other's workspace in the metadata.
        shop.World.Subscribe(customer, "price_business_month", metadata: new JsonObject { ["workspace_id"] = victim.Workspace.ToString() });
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(victim)).ShouldBe("free");
        (await shop.PlanOfAsync(attacker)).ShouldBe("business");

        using var cheap = shop.Service.ClientOf();
        await StripeShop.CheckoutAsync(cheap);
        shop.World.Subscribe(await shop.CustomerOfAsync(cheap), "price_of_somebody_else");
        await shop.DeliverAsync();
        (await shop.PlanOfAsync(cheap)).ShouldBe("free");

        // A customer of another application of the same Stripe account.
        var other = shop.World.CreateCustomer(new Form(new Dictionary<string, string> { ["email"] = "other@example.org" }));
        shop.World.Subscribe((string)other["id"]!, "price_business_year");
        await shop.DeliverAsync();
        var report = await shop.Service.Services.GetRequiredService<Reconciler>().ReconcileAsync(TestContext.Current.CancellationToken);
        report.Unknown.ShouldBe(1);
        report.Mended.ShouldBe(0);
    }

    [Fact]
    public async Task Refunds_and_disputes_are_in_the_audit_log_and_take_no_plan_away()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        var invoice = (string)shop.World.All("invoice").ShouldHaveSingleItem()["id"]!;
        shop.World.Refund(invoice);
        shop.World.Dispute(invoice, "fraudulent");
        await shop.DeliverAsync();

        (await shop.Events.AuditOfAsync(owner.Workspace, "subscription.refunded")).ShouldHaveSingleItem().After!.ShouldContain("500");
        (await shop.Events.AuditOfAsync(owner.Workspace, "subscription.disputed")).ShouldHaveSingleItem().After!.ShouldContain("fraudulent");
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
    }

    [Fact]
    public async Task While_Stripe_is_away_nothing_is_lost_everything_can_be_read_and_nobody_loses_a_plan()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        using var waiting = shop.Service.ClientOf();
        var session = await StripeShop.CheckoutAsync(waiting, "business");
        foreach (var status in new[] { 500, 503, 429 })
        {
            shop.World.Break(status);
            (await shop.PlanOfAsync(owner)).ShouldBe("pro");
            (await owner.GetAsync("billing/invoices")).ShouldBeOk();
            using var buyer = shop.Service.ClientOf();
            var problem = (await buyer.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" }))
                .ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
            ((string?)problem["detail"]).ShouldNotBeNull().ShouldContain("don't know yet");
            (await owner.SendAsync(HttpMethod.Post, "billing/subscription/cancel", new { reason = "unused" })).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            shop.World.Mend();
            // Calls are suspended for a moment after many failures.
            await Eventually.PassesAsync(async () => (await buyer.SendAsync(HttpMethod.Post, "billing/checkout", new { plan = "pro", interval = "month" })).ShouldBeOk());
        }

        (await owner.GetAsync("billing/subscription")).ShouldBeOk()["subscription"]!["cancelAt"].ShouldBeNull();

        // An event comes while Stripe's API fails: refused, stored nowhere, and handled at its repetition.
        shop.World.Pay(session);
        var events = shop.World.Events.TakeAll();
        shop.World.Break(500);
        foreach (var happened in events.Where(happened => (string?)happened["type"] is "checkout.session.completed" or "customer.subscription.created"))
        {
            (await shop.SendAsync(happened)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        (await shop.PlanOfAsync(waiting)).ShouldBe("free");
        shop.World.Mend();
        foreach (var happened in events)
        {
            await Eventually.PassesAsync(async () => (await shop.SendAsync(happened)).ShouldBe(HttpStatusCode.OK));
        }

        (await shop.PlanOfAsync(waiting)).ShouldBe("business");
    }

    [Fact]
    public async Task An_erased_workspace_is_cancelled_and_deleted_at_Stripe_and_its_invoices_stay()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        using var owner = await shop.CustomerAsync();
        var customer = await shop.CustomerOfAsync(owner);
        shop.World.Break(500, "DELETE", times: 1);
        await shop.Events.PublishAsync(new WorkspaceErased(owner.Workspace, TimeProvider.System.GetUtcNow()));

        await Eventually.BecomesAsync(
            () => shop.Service.ScalarAsync<long>("select (select count(*) from customers where workspace_id = $1) + (select count(*) from subscriptions where workspace_id = $1)", owner.Workspace),
            left => left == 0);
        shop.World.All("customer").ShouldNotContain(each => (string?)each["id"] == customer);
        shop.World.All("subscription").ShouldAllBe(each => (string?)each["status"] == "canceled");
        (await shop.Service.ScalarAsync<long>("select count(*) from invoices where workspace_id = $1 and pdf_url is null", owner.Workspace)).ShouldBe(1);
        (await shop.Service.ScalarAsync<string>("select kind from revenue_changes where workspace_id = $1 order by position desc limit 1", owner.Workspace)).ShouldBe("churned");
        // The events of the deletion find nothing, and bring nothing back.
        await shop.DeliverAsync();
        (await shop.Service.ScalarAsync<long>("select count(*) from subscriptions where workspace_id = $1", owner.Workspace)).ShouldBe(0);
    }

    /// <summary>BILLING_HISTORIES sets the number, e.g. 3000 (a second for 25 of them on two cores); the seed is in the message of a failure.</summary>
    [Fact]
    public async Task After_any_history_with_events_shuffled_doubled_and_lost_every_workspace_is_where_Stripe_says()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("BILLING_SEED"), out var given) ? given : 20261130;
        var histories = int.TryParse(Environment.GetEnvironmentVariable("BILLING_HISTORIES"), out var wanted) ? wanted : 300;
        var random = new Random(seed);
        await using var shop = await StripeShop.OpenAsync(fixture);
        var customers = new List<(Guid Workspace, string Customer)>();
        for (var i = 0; i < histories; i++)
        {
            var customer = shop.World.CreateCustomer(new Form(new Dictionary<string, string> { ["email"] = $"{i}@example.org" }));
            customers.Add((Guid.CreateVersion7(), (string)customer["id"]!));
            await shop.Service.ExecuteAsync(
                "insert into customers (workspace_id, stripe_id, email, name, created_at) values ($1, $2, 'x', 'x', now())", customers[^1].Workspace, customers[^1].Customer);
        }

        for (var round = 0; round < 6; round++)
        {
            foreach (var (_, customer) in customers)
            {
                new History(shop.World, customer, random).Step();
            }

            shop.World.Advance(TimeSpan.FromDays(random.Next(0, 25)));
            var events = shop.World.Events.TakeAll().Where(_ => random.Next(10) > 0).ToArray();
            events = [.. events, .. events.Where(_ => random.Next(6) == 0)];
            random.Shuffle(events);
            await Parallel.ForEachAsync(events, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (happened, _) => (await shop.SendAsync(happened)).ShouldBe(HttpStatusCode.OK));
        }

        await shop.Service.Services.GetRequiredService<Reconciler>().ReconcileAsync(TestContext.Current.CancellationToken);
        (await shop.Service.Services.GetRequiredService<Reconciler>().ReconcileAsync(TestContext.Current.CancellationToken)).Mended.ShouldBe(0, $"seed {seed}");
        var monthly = 0L;
        foreach (var (workspace, customer) in customers)
        {
            var live = shop.World.AllOf("subscription", customer).Where(each => (string?)each["status"] is "active" or "trialing" or "past_due").ToList();
            var plan = live.Select(each => (string)each["items"]!["data"]![0]!["price"]!["id"]!).Select(price => price.Split('_')[1]).OrderBy(name => name == "business" ? 0 : 1).FirstOrDefault("free");
            (await shop.Service.ScalarAsync<string>("select coalesce((select plan from current_plans where workspace_id = $1), 'free')", workspace))
                .ShouldBe(plan, $"workspace {workspace}, seed {seed}: {string.Join(", ", live.Select(each => each["status"]))}");
            monthly += live.Where(each => (string?)each["status"] != "trialing").Sum(each => MonthlyOf(each["items"]!["data"]![0]!["price"]!));
        }

        // Money agrees with the ledger, and the ledger with Stripe.
        (await shop.Service.ScalarAsync<long>("select coalesce(sum(monthly_amount), 0)::bigint from subscriptions")).ShouldBe(monthly, $"seed {seed}");
        (await shop.Service.ScalarAsync<long>("select coalesce(sum(amount_after - amount_before), 0)::bigint from revenue_changes")).ShouldBe(monthly, $"seed {seed}");
        using var op = shop.Service.Operator();
        ((long)(await op.GetAsync("admin/billing/revenue")).ShouldBeOk()["monthlyRevenue"]!).ShouldBe(monthly, $"seed {seed}");
    }

    private static long MonthlyOf(JsonNode price) => (string?)price["recurring"]!["interval"] == "year"
        ? (long)Math.Round((long)price["unit_amount"]! / 12m, MidpointRounding.ToEven) : (long)price["unit_amount"]!;

    /// <summary>One step of what customers do, and what happens to them.</summary>
    private sealed class History(StripeWorld world, string customer, Random random)
    {
        private static readonly string[] Prices = ["price_pro_month", "price_pro_year", "price_business_month", "price_business_year"];

        public void Step()
        {
            var live = world.AllOf("subscription", customer).FirstOrDefault(each => (string?)each["status"] is not "canceled");
            if (live is null)
            {
                if (random.Next(2) == 0)
                {
                    world.Subscribe(customer, Any(), random.Next(3) == 0 ? 14 : null, hasCard: random.Next(4) > 0);
                }

                return;
            }

            var id = (string)live["id"]!;
            switch (random.Next(8))
            {
                case 0 or 1:
                    Update(id, ("items[0][price]", Any()), ("proration_behavior", "always_invoice"));
                    break;
                case 2:
                    world.SetCard(customer, works: false);
                    break;
                case 3:
                    world.SetCard(customer, works: true);
                    break;
                case 4:
                    Update(id, ("cancel_at_period_end", "true"));
                    break;
                case 5:
                    Update(id, ("cancel_at_period_end", "false"));
                    break;
                case 6:
                    world.CancelSubscription(id);
                    break;
                default:
                    if (world.AllOf("invoice", customer).FirstOrDefault(each => (string?)each["status"] == "paid") is { } paid)
                    {
                        world.Refund((string)paid["id"]!);
                    }

                    break;
            }
        }

        private string Any() => Prices[random.Next(Prices.Length)];

        private void Update(string id, params (string Name, string Value)[] fields) =>
            world.UpdateSubscription(id, new Form(fields.ToDictionary(field => field.Name, field => field.Value)));
    }
}
