using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.FakeStripe;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;

namespace LinkShort.Billing.Tests;

/// <summary>SIGKILL in the middle of what must happen once.</summary>
public sealed class KillTests(BillingFixture fixture)
{
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_billing_is_killed_in_a_checkout_a_webhook_and_a_reconciliation()
    {
        // In this process only for its Stripe and its database; the killed ones share both.
        await using var shop = await StripeShop.OpenAsync(fixture, new() { ["Billing:TrialDays"] = "0" });
        var workspace = Guid.CreateVersion7();
        var token = fixture.Identity.Token(workspace);

        // The session exists at Stripe, but its answer never arrived.
        shop.World.Break(null, "POST /v1/checkout/sessions", times: 1, delay: Late);
        await using (var first = await StartAsync())
        {
            var lost = CheckoutAsync(first);
            await Eventually.BecomesAsync(() => Task.FromResult(shop.World.All("checkout.session").Count), count => count == 1);
            await first.KillAsync();
            await Should.ThrowAsync<Exception>(() => lost);
        }

        string happened;
        await using (var second = await StartAsync())
        {
            using var answer = await CheckoutAsync(second);
            var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            ((string?)body["sessionId"]).ShouldBe((string?)shop.World.All("checkout.session").ShouldHaveSingleItem()["id"]);
            shop.World.All("customer").ShouldHaveSingleItem();

            shop.World.Pay((string)body["sessionId"]!);
            happened = shop.World.Events.TakeAll().Single(each => (string?)each["type"] == "checkout.session.completed").ToJsonString();
            shop.World.Break(null, "GET /v1/subscriptions/", times: 1, delay: Late);
            shop.World.Break(null, "GET /v1/subscriptions", times: 1, delay: Late);
            var lost = new[] { DeliverAsync(second), ReconcileAsync(second) };
            await Eventually.BecomesAsync(
                () => Task.FromResult(shop.World.Requests.Keys.Count(request => request.StartsWith("GET /v1/subscriptions", StringComparison.Ordinal))), count => count == 2);
            await second.KillAsync();
            foreach (var request in lost)
            {
                await Should.ThrowAsync<Exception>(() => request);
            }
        }

        (await shop.Service.ScalarAsync<long>("select count(*) from stripe_events")).ShouldBe(0);
        await using var third = await StartAsync();
        (await DeliverAsync(third)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await DeliverAsync(third)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReconcileAsync(third)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await shop.Service.ScalarAsync<string>("select plan from current_plans where workspace_id = $1", workspace)).ShouldBe("pro");
        (await shop.Service.ScalarAsync<long>("select count(*) from revenue_changes where workspace_id = $1", workspace)).ShouldBe(1);
        (await shop.Service.ScalarAsync<long>("select count(*) from stripe_events")).ShouldBe(1);
        (await shop.Events.PlansOfAsync(workspace)).ShouldHaveSingleItem();

        Task<ServiceProcess> StartAsync() => ServiceProcess.StartAsync("Billing", shop.Service.Settings, Start);

        Task<HttpResponseMessage> CheckoutAsync(ServiceProcess process)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/billing/checkout") { Content = JsonContent.Create(new { plan = "pro", interval = "month" }) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return process.Http.SendAsync(request);
        }

        Task<HttpResponseMessage> DeliverAsync(ServiceProcess process)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/billing/webhook") { Content = new StringContent(happened, Encoding.UTF8, "application/json") };
            request.Headers.TryAddWithoutValidation("Stripe-Signature", Deliveries.Sign(happened, StripeShop.Secret, TimeProvider.System.GetUtcNow()));
            return process.Http.SendAsync(request);
        }

        static Task<HttpResponseMessage> ReconcileAsync(ServiceProcess process)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/internal/reconciliation");
            request.Headers.Add(InternalKey.Header, Servers.InternalKey);
            return process.Http.SendAsync(request);
        }
    }
}
