using System.Net;
using LinkShort.Testing;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Runs on its own Redis, which is stopped and restarted.</summary>
public sealed class RedisOutageTests(RedisFixture shared)
{
    [Fact]
    public async Task Without_redis_the_home_page_works_and_the_others_report_the_outage()
    {
        await using var api = await FakeApi.StartAsync();
        await using var servers = shared.BehindProxies();
        var redis = await servers.NextRedisDatabaseAsync();
        await using var web = WebApp.Start(api, redis);
        var account = api.AddAccount("outage@example.com", "correct horse battery");
        using var visitor = new Visitor(web.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        await servers.StopAsync(Servers.Redis);

        (await visitor.GetAsync("/")).Status.ShouldBe(HttpStatusCode.OK);
        var links = await visitor.GetAsync("/app/links");
        links.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        links.Text.ShouldContain("Back in a moment");
        (await visitor.GetAsync("/problems/validation")).Status.ShouldBe(HttpStatusCode.OK);

        await using var startedMeanwhile = WebApp.Start(api, redis);
        using var stranger = new Visitor(startedMeanwhile.Address);
        (await stranger.GetAsync("/")).Status.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/app/signin")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await servers.StartAgainAsync(Servers.Redis);
        await Eventually.PassesAsync(async () => (await stranger.GetAsync("/app/signin")).Status.ShouldBe(HttpStatusCode.OK));
    }

    [Fact]
    public async Task While_redis_is_full_signed_in_users_continue_and_signing_in_is_unavailable_until_it_has_space()
    {
        await using var api = await FakeApi.StartAsync();
        await using var servers = await Servers.StartAsync(Servers.Redis);
        var redis = await servers.NextRedisDatabaseAsync();
        await using var web = WebApp.Start(api, redis);
        var account = api.AddAccount("full@example.com", "correct horse battery");
        using var visitor = new Visitor(web.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        using var stranger = new Visitor(web.Address);

        await using var full = await FullRedis.FillAsync(redis);

        (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/")).Status.ShouldBe(HttpStatusCode.OK);
        var refused = await stranger.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", account.Password));
        refused.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Text.ShouldContain("Back in a moment");

        await full.FreeAsync();
        await stranger.SignInAsync(account.Email, account.Password);
    }
}
