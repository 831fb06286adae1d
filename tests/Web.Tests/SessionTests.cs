using System.Net;
using System.Text;
using LinkShort.Web.Tests.Stand;
using Microsoft.AspNetCore.WebUtilities;
using StackExchange.Redis;

namespace LinkShort.Web.Tests;

/// <summary>Expiring access tokens, refresh tokens that work once, several replicas of the web app.</summary>
public sealed class SessionTests(TwoReplicas replicas, RedisFixture servers) : IClassFixture<TwoReplicas>
{
    private readonly FakeApi _api = replicas.Api;
    private readonly string _redis = replicas.Redis;
    private readonly WebApp _first = replicas.First;
    private readonly WebApp _second = replicas.Second;

    [Fact]
    public async Task Concurrent_requests_on_two_replicas_renew_an_old_token_once_and_all_succeed()
    {
        var account = _api.AddAccount("once@example.com", "correct horse battery");
        using var visitor = await SignInWithOldTokenAsync(account);
        using var elsewhere = new Visitor(_second.Address);
        visitor.CopyCookiesTo(elsewhere);
        account.State.RefreshDuration = TimeSpan.FromMilliseconds(300);

        var pages = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => (i % 2 == 0 ? visitor : elsewhere).GetAsync("/app/links")));

        pages.Select(page => page.Status).ShouldAllBe(status => status == HttpStatusCode.OK);
        account.Refreshes.ShouldBe(1);
        account.FamilyRevoked.ShouldBeFalse();
    }

    [Fact]
    public async Task A_session_survives_many_renewals_and_a_restart_of_the_web_app()
    {
        var account = _api.AddAccount("restart@example.com", "correct horse battery");
        using var visitor = await SignInWithOldTokenAsync(account);
        account.State.TokenLifetime = TimeSpan.FromSeconds(30);
        for (var i = 0; i < 4; i++)
        {
            (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
        }

        account.Refreshes.ShouldBe(4);
        await using var restarted = WebApp.Start(_api, _redis);
        using var later = new Visitor(restarted.Address);
        visitor.CopyCookiesTo(later);
        (await later.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_survives_the_move_of_the_keys_to_the_frameworks_store()
    {
        var account = _api.AddAccount("moved@example.com", "correct horse battery");
        using var visitor = await SignInWithOldTokenAsync(account);
        // As stored by a release before the move: a hash under the same name.
        RedisKey key = "dataprotection:linkshort-web";
        using var redis = await ConnectionMultiplexer.ConnectAsync(_redis);
        var keys = await redis.GetDatabase().ListRangeAsync(key);
        keys.ShouldNotBeEmpty();
        await redis.GetDatabase().KeyDeleteAsync(key);
        await redis.GetDatabase().HashSetAsync(key, [.. keys.Select((xml, i) => new HashEntry($"key-{i}", xml))]);

        await using var updated = WebApp.Start(_api, _redis);
        using var later = new Visitor(updated.Address);
        visitor.CopyCookiesTo(later);

        (await later.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
        (await redis.GetDatabase().ListRangeAsync(key)).ShouldBe(keys, ignoreOrder: true);
    }

    [Fact]
    public async Task A_session_that_was_revoked_elsewhere_leads_to_signing_in_again()
    {
        var account = _api.AddAccount("revoked@example.com", "correct horse battery");
        using var visitor = await SignInWithOldTokenAsync(account);
        account.FamilyRevoked = true;

        (await visitor.GetAsync("/app/links")).Location.ShouldBe("/app/signin?returnUrl=%2Fapp%2Flinks");
        (await visitor.GetAsync("/app/signin")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_survives_an_api_that_can_not_renew_it_at_the_moment()
    {
        var account = _api.AddAccount("patient@example.com", "correct horse battery");
        using var visitor = await SignInWithOldTokenAsync(account, lifetime: TimeSpan.Zero);

        using (_api.Fail("POST", "/auth/refresh", 503, "unavailable"))
        {
            var page = await visitor.GetAsync("/app/links");
            page.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            page.Text.ShouldContain("Back in a moment");
            (await visitor.GetAsync("/")).Status.ShouldBe(HttpStatusCode.OK);
        }

        (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_that_is_refused_early_is_renewed_once_and_the_page_is_shown()
    {
        var account = _api.AddAccount("early@example.com", "correct horse battery");
        using var visitor = new Visitor(_first.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        // A new role, workspace or address: the previous tokens are refused, but the session continues.
        _api.RevokeAccess(account);

        var pages = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => visitor.GetAsync(i % 2 == 0 ? "/app/links" : "/app/security")));

        pages.Select(page => page.Status).ShouldAllBe(status => status == HttpStatusCode.OK);
        account.Refreshes.ShouldBe(1, "however many calls were refused");
        account.FamilyRevoked.ShouldBeFalse();
    }

    [Fact]
    public async Task A_session_that_was_ended_elsewhere_ends_here_with_the_next_page()
    {
        var account = _api.AddAccount("erased@example.com", "correct horse battery");
        using var visitor = new Visitor(_first.Address);
        using var redis = await ConnectionMultiplexer.ConnectAsync(_redis);
        var others = Sessions();
        await visitor.SignInAsync(account.Email, account.Password);
        Sessions().ShouldBe(others + 1);
        // As identity does for users who are suspended, erased or signed out everywhere.
        _api.RevokeAccess(account);
        account.FamilyRevoked = true;

        (await visitor.GetAsync("/app/links")).Location.ShouldBe("/app/signin?returnUrl=%2Fapp%2Flinks");

        Sessions().ShouldBe(others, "Redis has forgotten it too");
        (await visitor.GetAsync("/app/signin")).Status.ShouldBe(HttpStatusCode.OK);

        int Sessions() => redis.GetServer(redis.GetEndPoints()[0]).Keys(redis.GetDatabase().Database, "web:session:*").Count();
    }

    [Fact]
    public async Task A_session_of_an_erased_user_ends_on_every_replica()
    {
        var account = _api.AddAccount("twice@example.com", "correct horse battery");
        using var phone = new Visitor(_first.Address);
        await phone.SignInAsync(account.Email, account.Password);
        using var laptop = new Visitor(_second.Address);
        await laptop.SignInAsync(account.Email, account.Password);
        _api.RevokeAccess(account);
        account.FamilyRevoked = true;

        (await phone.GetAsync("/app/settings")).Location.ShouldBe("/app/signin?returnUrl=%2Fapp%2Fsettings");
        (await laptop.GetAsync("/app/security")).Location.ShouldBe("/app/signin?returnUrl=%2Fapp%2Fsecurity");
    }

    [Fact]
    public async Task A_session_survives_a_refused_token_that_can_not_be_renewed_at_the_moment()
    {
        var account = _api.AddAccount("outage2@example.com", "correct horse battery");
        using var visitor = new Visitor(_first.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        _api.RevokeAccess(account);

        using (_api.Fail("POST", "/auth/refresh", 503, "unavailable"))
        {
            (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_new_token_that_is_refused_too_is_an_outage_and_causes_no_loop()
    {
        var account = _api.AddAccount("circle@example.com", "correct horse battery");
        using var visitor = new Visitor(_first.Address);
        await visitor.SignInAsync(account.Email, account.Password);

        using (_api.Fail("GET", "/links", 401, "unauthorized"))
        {
            var page = await visitor.GetAsync("/app/links");
            page.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            page.Text.ShouldContain("Try again");
        }

        (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK, "the session is still there");
    }

    [Fact]
    public async Task Redis_reveals_neither_tokens_nor_the_visitors_cookie()
    {
        var account = _api.AddAccount("secret@example.com", "correct horse battery");
        // Its own database: in the shared one, keys of other tests expire while this test reads them.
        var database = await servers.NextDatabaseAsync();
        await using var web = WebApp.Start(_api, database);
        using var visitor = new Visitor(web.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        var cookie = visitor.Cookies["linkshort"]!.Value;
        using var redis = await ConnectionMultiplexer.ConnectAsync(database);

        var keys = redis.GetServer(redis.GetEndPoints()[0]).Keys(redis.GetDatabase().Database, "web:*").ToArray();

        keys.ShouldNotBeEmpty();
        foreach (var key in keys)
        {
            ((string)key!).ShouldNotContain(cookie);
            byte[] value = (await redis.GetDatabase().StringGetAsync(key))!;
            foreach (var text in new[] { Encoding.UTF8.GetString(value), Encoding.UTF8.GetString(Unwrapped(value)) })
            {
                text.ShouldNotContain("access-");
                text.ShouldNotContain("refresh-");
                text.ShouldNotContain(account.Email);
            }

            (await redis.GetDatabase().KeyTimeToLiveAsync(key)).ShouldNotBeNull("sessions expire");
        }
    }

    private static byte[] Unwrapped(byte[] value)
    {
        try
        {
            return WebEncoders.Base64UrlDecode(Encoding.UTF8.GetString(value));
        }
        catch (FormatException)
        {
            return value;
        }
    }

    /// <param name="lifetime">Default: five seconds, which is time to renew it before it expires.</param>
    private async Task<Visitor> SignInWithOldTokenAsync(FakeApi.Account account, TimeSpan? lifetime = null)
    {
        account.State.TokenLifetime = lifetime ?? TimeSpan.FromSeconds(5);
        var visitor = new Visitor(_first.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        account.State.TokenLifetime = TimeSpan.FromMinutes(10);
        return visitor;
    }
}
