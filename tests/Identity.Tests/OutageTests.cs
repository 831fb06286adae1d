using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>On servers that these tests stop.</summary>
[Collection(nameof(OutageServers))]
public sealed class OutageTests(OutageServers outage)
{
    [Fact]
    public async Task Without_RabbitMQ_sign_ups_work_and_the_event_follows_and_without_PostgreSQL_the_response_is_503()
    {
        await outage.StartAllAsync();
        var settings = await IdentityApplication.SettingsAsync(outage.Servers);
        await using var host = IdentityApplication.Start(settings);
        var account = await Account.RegisterAsync(host);
        var tokens = await account.LogInAsync();

        // Ready once; from then on a broker outage is only Degraded.
        using var probe = host.CreateClient();
        await Eventually.PassesAsync(async () => (await probe.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK), TimeSpan.FromSeconds(30));
        await using var listener = await EventListener.StartAsync(settings["ConnectionStrings:messaging"]!);
        await outage.StopAsync(Servers.RabbitMq);
        var meanwhile = await Account.RegisterAsync(host);
        await meanwhile.LogInAsync();
        // No event reaches the other replica, so it polls.
        await using var replica = IdentityApplication.Start(settings);
        var lost = (await meanwhile.LogInAsync()).AccessToken;
        using var here = host.CreateClient(lost);
        using var there = replica.CreateClient(lost);
        await Eventually.PassesAsync(async () => (await there.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK));
        (await here.DeleteAsync("/api/v1/me/sessions?all=true")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.PassesAsync(
            async () => (await there.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized), TimeSpan.FromSeconds(5));

        using var client = host.CreateClient(tokens.AccessToken);
        using var degraded = await client.GetAsync("/health");
        degraded.StatusCode.ShouldBe(HttpStatusCode.OK);
        await outage.StartAgainAsync(Servers.RabbitMq);
        await listener.HearsAsync<UserRegistered>(e => e.UserId == meanwhile.Id);

        await outage.StopAsync(Servers.Postgres);
        foreach (var answer in new Func<Task<HttpResponseMessage>>[]
        {
            () => client.GetAsync("/api/v1/me"),
            () => client.PostAsJsonAsync("/api/v1/auth/login", new { email = account.Email, password = Account.Password }),
            () => client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken }),
            () => client.PostAsJsonAsync("/api/v1/auth/register", new { email = Account.NewEmail(), password = Account.Password }),
            () => client.GetAsync("/api/v1/api-keys"),
        })
        {
            using var response = await answer();
            await response.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
            response.Headers.RetryAfter.ShouldNotBeNull();
        }

        // Other services still verify tokens.
        using var keys = await client.GetAsync("/.well-known/jwks.json");
        keys.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var health = await client.GetAsync("/health");
        health.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var alive = await client.GetAsync("/alive");
        alive.StatusCode.ShouldBe(HttpStatusCode.OK);

        await outage.StartAgainAsync(Servers.Postgres);
        // The failed attempt used up and lost nothing.
        await Eventually.PassesAsync(async () => (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.Id.ShouldBe(account.Id));
        using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
        refreshed.StatusCode.ShouldBe(HttpStatusCode.OK);
        listener.Heard<UserRegistered>(e => e.UserId == meanwhile.Id).Count.ShouldBe(1);
    }
}
