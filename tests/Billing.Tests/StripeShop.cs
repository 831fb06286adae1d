using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.FakeStripe;
using Microsoft.AspNetCore.Builder;

namespace LinkShort.Billing.Tests;

/// <summary>A billing service that sells plans, at a Stripe of its own, whose events the test delivers.</summary>
public sealed class StripeShop : IAsyncDisposable
{
    public const string Secret = "whsec_of_the_tests";

    private readonly WebApplication _stripe;
    private readonly HttpClient _webhook;

    private StripeShop(WebApplication stripe, StripeWorld world, BillingService service, EventTap events)
    {
        (_stripe, World, Service, Events) = (stripe, world, service, events);
        _webhook = service.Anonymous();
    }

    public StripeWorld World { get; }

    public BillingService Service { get; }

    public EventTap Events { get; }

    public static async Task<StripeShop> OpenAsync(BillingFixture fixture, Dictionary<string, string?>? settings = null)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        StripeWorld? world = null;
        var stripe = StripeServer.Build(["--urls", "http://127.0.0.1:0"], created =>
        {
            world = created;
            created.Events.IsDelivering = false;
            created.AddPrice("price_pro_month", 500, "usd", "month");
            created.AddPrice("price_pro_year", 5_000, "usd", "year");
            created.AddPrice("price_business_month", 3_900, "usd", "month");
            created.AddPrice("price_business_year", 39_000, "usd", "year");
            created.AddPrice("price_of_somebody_else", 1, "usd", "month");
            created.AddPromotionCode("WELCOME");
        }, isQuiet: true);
        await stripe.StartAsync();
        var all = new Dictionary<string, string?>
        {
            ["Stripe:ApiKey"] = "sk_test_fake", ["Stripe:ApiBase"] = stripe.Urls.First(), ["Stripe:WebhookSecret"] = $"whsec_old,{Secret}",
            ["Billing:PublicUrl"] = "https://links.example.com",
            // Failures are made on purpose: nothing has to be waited for.
            ["Http:Resilience:MaxRetries"] = "0", ["Http:Resilience:BreakerMinimumCalls"] = "1000",
            ["Billing:Plans:pro:Month:PriceId"] = "price_pro_month", ["Billing:Plans:pro:Year:PriceId"] = "price_pro_year",
            ["Billing:Plans:business:Month:PriceId"] = "price_business_month", ["Billing:Plans:business:Year:PriceId"] = "price_business_year",
        };
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        var service = await fixture.StartAsync(all);
        return new StripeShop(stripe, world!, service, await EventTap.StartAsync(service.Messaging));
    }

    /// <summary>Delivers what has happened at Stripe, and asserts that it was accepted.</summary>
    public async Task DeliverAsync()
    {
        foreach (var happened in World.Events.TakeAll())
        {
            (await SendAsync(happened)).ShouldBe(HttpStatusCode.OK, happened.ToJsonString());
        }
    }

    public Task<HttpStatusCode> SendAsync(JsonObject happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var body = happened.ToJsonString();
        return SendAsync(Encoding.UTF8.GetBytes(body), Deliveries.Sign(body, Secret, TimeProvider.System.GetUtcNow()));
    }

    public async Task<HttpStatusCode> SendAsync(byte[] body, string? signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/billing/webhook") { Content = new ByteArrayContent(body) };
        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation("Stripe-Signature", signature).ShouldBeTrue();
        }

        using var response = await _webhook.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Starts a checkout, and returns the id of its session.</summary>
    public static async Task<string> CheckoutAsync(ApiClient client, string plan = "pro", string interval = "month")
    {
        ArgumentNullException.ThrowIfNull(client);
        return (string)(await client.SendAsync(HttpMethod.Post, "billing/checkout", new { plan, interval })).ShouldBeOk()["sessionId"]!;
    }

    /// <summary>A workspace that has bought a plan.</summary>
    public async Task<ApiClient> CustomerAsync(string plan = "pro", string interval = "month")
    {
        var client = Service.ClientOf();
        World.Pay(await CheckoutAsync(client, plan, interval));
        await DeliverAsync();
        return client;
    }

    public async Task<string> PlanOfAsync(ApiClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return (string)(await client.GetAsync("billing/subscription")).ShouldBeOk()["plan"]!;
    }

    public Task<string> CustomerOfAsync(ApiClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return Service.ScalarAsync<string>("select stripe_id from customers where workspace_id = $1", client.Workspace);
    }

    public async ValueTask DisposeAsync()
    {
        _webhook.Dispose();
        await Events.DisposeAsync();
        await Service.DisposeAsync();
        await _stripe.DisposeAsync();
    }
}
