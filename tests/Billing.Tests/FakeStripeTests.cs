using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LinkShort.FakeStripe;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stripe;

namespace LinkShort.Billing.Tests;

/// <summary>The stand-in for Stripe is like Stripe where it matters here: what its objects have, and how it delivers events.</summary>
public sealed class FakeStripeTests
{
    /// <summary>Only in answers to requests that expand them, or for integrations that LinkShort isn't.</summary>
    private static readonly HashSet<string> Expanded =
    [
        "cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids", "currency_options", "tiers", "line_items", "deleted", "object", "rawJObject", "presentment_details",
    ];

    [Fact]
    public void Its_objects_have_every_field_that_Stripes_client_reads()
    {
        var world = new StripeWorld { PublicUrl = "http://stripe.example" };
        world.AddPrice("price_pro_month", 500, "usd", "month");
        world.AddPromotionCode("WELCOME");
        var customer = (string)world.CreateCustomer(Form(("email", "ada@example.org")))["id"]!;
        var session = world.CreateSession(Form(("customer", customer), ("line_items[0][price]", "price_pro_month"), ("mode", "subscription")));
        world.Pay((string)session["id"]!);
        var invoice = (string)world.All("invoice")[0]["id"]!;
        world.Dispute(invoice, "general");
        world.CreateSchedule(Form(("from_subscription", (string)world.All("subscription")[0]["id"]!)));
        world.CreatePortalSession(Form(("customer", customer)));

        var missing = new (string Kind, Type Type)[]
        {
            ("customer", typeof(Customer)), ("price", typeof(Price)), ("promotion_code", typeof(PromotionCode)), ("checkout.session", typeof(Stripe.Checkout.Session)),
            ("subscription", typeof(Subscription)), ("subscription_schedule", typeof(SubscriptionSchedule)), ("invoice", typeof(Invoice)), ("charge", typeof(Charge)),
            ("dispute", typeof(Dispute)), ("billing_portal.session", typeof(Stripe.BillingPortal.Session)), ("event", typeof(Event)),
        }.SelectMany(each => Missing(each.Kind, each.Type, world.All(each.Kind)[0]))
            .Concat(Missing("subscription_item", typeof(SubscriptionItem), (JsonObject)world.All("subscription")[0]["items"]!["data"]![0]!));

        missing.ShouldBeEmpty();
        // And it can read them.
        StripeEntity.FromJson<Customer>(world.All("customer")[0].ToJsonString()).Email.ShouldBe("ada@example.org");
        StripeEntity.FromJson<Price>(world.All("price")[0].ToJsonString()).UnitAmount.ShouldBe(500);
        StripeEntity.FromJson<Stripe.Checkout.Session>(world.All("checkout.session")[0].ToJsonString()).PaymentStatus.ShouldBe("paid");
        StripeEntity.FromJson<Subscription>(world.All("subscription")[0].ToJsonString()).Items.Data.ShouldHaveSingleItem().Price.Id.ShouldBe("price_pro_month");
        StripeEntity.FromJson<SubscriptionSchedule>(world.All("subscription_schedule")[0].ToJsonString()).Phases.ShouldHaveSingleItem();
        StripeEntity.FromJson<Invoice>(world.All("invoice")[0].ToJsonString()).AmountPaid.ShouldBe(500);
        StripeEntity.FromJson<Charge>(world.All("charge")[0].ToJsonString()).Disputed.ShouldBeTrue();
        StripeEntity.FromJson<Dispute>(world.All("dispute")[0].ToJsonString()).Reason.ShouldBe("general");
        StripeEntity.FromJson<PromotionCode>(world.All("promotion_code")[0].ToJsonString()).Code.ShouldBe("WELCOME");
        StripeEntity.FromJson<Stripe.BillingPortal.Session>(world.All("billing_portal.session")[0].ToJsonString()).Url.ShouldNotBeEmpty();
        StripeEntity.FromJson<Event>(world.All("event")[0].ToJsonString()).Type.ShouldBe("customer.created");
    }

    [Fact]
    public async Task Events_are_delivered_late_in_any_order_twice_and_until_they_are_accepted()
    {
        const int count = 40;
        var (received, refused) = (new ConcurrentQueue<string>(), new ConcurrentDictionary<string, bool>());
        var receiver = WebApplication.CreateSlimBuilder();
        receiver.Logging.ClearProviders();
        receiver.WebHost.UseUrls("http://127.0.0.1:0");
        await using var webhook = receiver.Build();
        webhook.MapPost("/", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            var body = await reader.ReadToEndAsync();
            EventUtility.ValidateSignature(body, request.Headers["Stripe-Signature"], "whsec_fake", 300);
            var id = (string)JsonNode.Parse(body)!["id"]!;
            if (refused.TryAdd(id, true))
            {
                return Results.StatusCode(503);
            }

            received.Enqueue(id);
            return Results.Ok();
        });
        await webhook.StartAsync();
        StripeWorld? world = null;
        await using var stripe = StripeServer.Build(
            ["--urls", "http://127.0.0.1:0", "--Webhook:Url", webhook.Urls.First(), "--Webhook:DelaySeconds", "0.5", "--Webhook:DoubledPercent", "100"], created => world = created, isQuiet: true);
        await stripe.StartAsync();

        var happened = Enumerable.Range(0, count).Select(_ => world!.CreateCustomer(Form(("email", "ada@example.org")))).ToList();

        await Eventually.BecomesAsync(() => Task.FromResult(received.Count), arrived => arrived == 2 * count);
        var order = world!.All("event").Select(each => (string)each["id"]!).ToList();
        happened.Count.ShouldBe(order.Count);
        received.GroupBy(id => id).ShouldAllBe(each => each.Count() == 2);
        received.Distinct().ShouldBe(order, ignoreOrder: true);
        received.Distinct().ShouldNotBe(order);
    }

    private static IEnumerable<string> Missing(string kind, Type type, JsonObject answer) =>
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        let name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
        where name is not null && !Expanded.Contains(name)
            && (!answer.TryGetPropertyValue(name, out var value) || (value is null && property.PropertyType.IsValueType && Nullable.GetUnderlyingType(property.PropertyType) is null))
        select $"{kind}.{name}";

    private static Form Form(params (string Name, string Value)[] fields) => new(fields.ToDictionary(field => field.Name, field => field.Value));
}
