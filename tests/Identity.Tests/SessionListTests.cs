using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

/// <summary>Listing, ending, switching and confirming sessions.</summary>
public sealed class SessionListTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/me/sessions";
    private const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

    [Fact]
    public async Task Sessions_are_listed_with_device_network_and_use_and_tell_which_one_asks()
    {
        var account = await identity.RegisterAsync();
        var elsewhere = await LogInAsync(account, Firefox, "198.51.100.77");
        var here = await account.LogInAsync();
        using var client = identity.Host.CreateClient(here.AccessToken);

        var sessions = (await client.GetFromJsonAsync<Listed<ListedSession>>(Path))!.Items;

        sessions.Length.ShouldBe(2);
        sessions[0].Current.ShouldBeTrue();
        sessions[0].Id.ShouldBe(IdOf(here));
        sessions[1].ShouldSatisfyAllConditions(
            session => session.Id.ShouldBe(IdOf(elsewhere)),
            session => session.Current.ShouldBeFalse(),
            session => session.Browser.ShouldBe("Firefox"),
            session => session.Os.ShouldBe("Linux"),
            session => session.Network.ShouldBe("198.51.100.0/24"),
            session => session.Methods.ShouldBe(["pwd"]),
            session => session.WorkspaceId.ShouldBe(account.WorkspaceId),
            session => session.LastUsedAt.ShouldBe(session.CreatedAt));
        var everything = await client.GetStringAsync(Path);
        everything.ShouldNotContain("198.51.100.77");

        // Not another user's sessions.
        using var stranger = await (await identity.RegisterAsync()).SignedInAsync();
        (await stranger.GetFromJsonAsync<Listed<ListedSession>>(Path))!.Items.ShouldHaveSingleItem().Current.ShouldBeTrue();
        using var theirs = await stranger.DeleteAsync($"{Path}/{sessions[1].Id}");
        await theirs.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        (await client.GetFromJsonAsync<Listed<ListedSession>>($"{Path}?limit=1"))!.ShouldSatisfyAllConditions(
            page => page.Items.Length.ShouldBe(1), page => page.NextCursor.ShouldNotBeNull());
    }

    [Fact]
    public async Task An_ended_session_is_refused_within_a_second_and_the_others_continue()
    {
        var account = await identity.RegisterAsync();
        var lost = await account.LogInAsync();
        var mine = await account.LogInAsync();
        using var thief = identity.Host.CreateClient(lost.AccessToken);
        using var client = identity.Host.CreateClient(mine.AccessToken);
        (await thief.GetFromJsonAsync<Profile>("/api/v1/me"))!.Id.ShouldBe(account.Id);

        using var ended = await client.DeleteAsync($"{Path}/{IdOf(lost)}");
        ended.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(thief);
        using var refresh = await RefreshAsync(lost);
        await refresh.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
        (await client.GetFromJsonAsync<Listed<ListedSession>>(Path))!.Items.ShouldHaveSingleItem().Id.ShouldBe(IdOf(mine));
        using var again = await client.DeleteAsync($"{Path}/{IdOf(lost)}");
        await again.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

        var revocation = await identity.Events.HearsAsync<AccessRevoked>(e => e.Subject == IdOf(lost).ToString());
        revocation.Kind.ShouldBe(RevocationKinds.Session);
        var entry = await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "session.ended" && e.TargetId == IdOf(lost).ToString());
        entry.ActorId.ShouldBe(account.Id);
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "session.started" && e.TargetId == IdOf(mine).ToString());
    }

    [Fact]
    public async Task Everywhere_else_and_everywhere_are_two_things()
    {
        var account = await identity.RegisterAsync();
        var others = new[] { await account.LogInAsync(), await account.LogInAsync() };
        var mine = await account.LogInAsync();
        using var client = identity.Host.CreateClient(mine.AccessToken);
        using (var response = await client.DeleteAsync(Path))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        foreach (var other in others)
        {
            using var ended = identity.Host.CreateClient(other.AccessToken);
            await RefusedAsync(ended);
        }

        (await client.GetFromJsonAsync<Listed<ListedSession>>(Path))!.Items.ShouldHaveSingleItem().Current.ShouldBeTrue();
        using (var bad = await client.DeleteAsync($"{Path}?all=perhaps"))
        {
            await bad.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "all");
        }

        using var all = await client.DeleteAsync($"{Path}?all=true");
        all.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(client);
        using var refresh = await RefreshAsync(mine);
        refresh.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Signing_out_takes_the_access_token_with_it()
    {
        var tokens = await (await identity.RegisterAsync()).LogInAsync();
        using var client = identity.Host.CreateClient(tokens.AccessToken);
        using var out_ = await client.PostAsJsonAsync("/api/v1/auth/logout", new { refreshToken = tokens.RefreshToken });
        out_.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(client);
    }

    [Fact]
    public async Task A_refresh_token_that_comes_twice_ends_the_access_tokens_too_and_its_owner_hears_of_it()
    {
        var account = await identity.RegisterAsync();
        var stolen = await account.LogInAsync();
        using var first = await RefreshAsync(stolen);
        var next = await first.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        using var reuse = await RefreshAsync(stolen);
        reuse.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var client = identity.Host.CreateClient(next.AccessToken);
        await RefusedAsync(client);
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "session.reuseDetected" && e.TargetId == IdOf(stolen).ToString());
        await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == account.Id && e.Kind == SecurityNoticeKinds.SessionReuseDetected);
    }

    [Fact]
    public async Task Another_replica_refuses_an_ended_session_too()
    {
        await using var replica = identity.Another();
        var tokens = await (await identity.RegisterAsync()).LogInAsync();
        using var there = replica.CreateClient(tokens.AccessToken);
        (await there.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var client = identity.Host.CreateClient(tokens.AccessToken);
        (await client.DeleteAsync($"{Path}?all=true")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(there);
    }

    [Fact]
    public async Task A_session_can_be_switched_to_the_users_other_workspaces_and_to_no_others()
    {
        var account = await identity.RegisterAsync();
        var host = await identity.RegisterAsync();
        var stranger = await identity.RegisterAsync();
        await identity.ExecuteAsync(
            "insert into members (workspace_id, user_id, role, joined_at) values (@WorkspaceId, @Id, 'viewer', now())", new { host.WorkspaceId, account.Id });
        var before = await account.LogInAsync();
        using var client = identity.Host.CreateClient(before.AccessToken);

        foreach (var workspace in new[] { stranger.WorkspaceId, Guid.NewGuid() })
        {
            using var refused = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = workspace });
            await refused.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        }

        using var response = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = host.WorkspaceId });
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var tokens = await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        var token = new JsonWebToken(tokens.AccessToken);
        token.GetClaim("ws").Value.ShouldBe(host.WorkspaceId.ToString());
        token.GetClaim("role").Value.ShouldBe("viewer");
        token.GetClaim("sid").Value.ShouldBe(IdOf(before).ToString());

        // The previous refresh token was replaced. Using it is late, which ends nothing.
        using var late = await RefreshAsync(before);
        late.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var refreshed = await RefreshAsync(tokens);
        var next = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new JsonWebToken(next.AccessToken).GetClaim("ws").Value.ShouldBe(host.WorkspaceId.ToString());
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "session.switched" && e.TargetId == IdOf(before).ToString());

        foreach (var json in new[] { "{}", """{"workspaceId":null}""", """{"workspaceId":"x"}""", """{"workspaceId":1}""", "[]", "" })
        {
            using var bad = await client.PostRawAsync("/api/v1/auth/switch", json);
            bad.StatusCode.ShouldBe(HttpStatusCode.BadRequest, json);
        }
    }

    [Fact]
    public async Task A_user_who_has_to_set_up_two_factors_gets_no_tokens_for_the_workspace_and_continues_in_their_own()
    {
        var account = await identity.RegisterAsync();
        var host = await identity.RegisterAsync();
        await identity.ExecuteAsync("update workspaces set personal_of = null where id = @WorkspaceId", new { host.WorkspaceId });
        await identity.ExecuteAsync(
            "insert into members (workspace_id, user_id, role, joined_at) values (@WorkspaceId, @Id, 'member', now())", new { host.WorkspaceId, account.Id });
        using var client = await account.SignedInAsync();
        using var switched = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = host.WorkspaceId });
        var tokens = await switched.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);

        await identity.ExecuteAsync("update workspaces set require_two_factor = true where id = @WorkspaceId", new { host.WorkspaceId });
        using var refreshed = await RefreshAsync(tokens);
        var next = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new JsonWebToken(next.AccessToken).GetClaim("ws").Value.ShouldBe(account.WorkspaceId.ToString());
        using var own = identity.Host.CreateClient(next.AccessToken);
        using var refused = await own.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = host.WorkspaceId });
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "two-factor-enrollment-required");
        using var again = await RefreshAsync(next);
        again.StatusCode.ShouldBe(HttpStatusCode.OK, "what was refused has changed nothing");
    }

    [Fact]
    public async Task A_password_makes_the_sign_in_recent_again()
    {
        var account = await identity.RegisterAsync();
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync("update sessions set authenticated_at = now() - interval '1 day' where user_id = @Id", new { account.Id });
        using var client = identity.Host.CreateClient(tokens.AccessToken);
        using (var wrong = await client.PostAsJsonAsync("/api/v1/auth/confirm", new { password = "Wrong-Horse-7-Battery" }))
        {
            await wrong.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        }

        using var refreshed = await RefreshAsync(tokens);
        var old = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        AuthenticatedAt(old).ShouldBeLessThan(TimeProvider.System.GetUtcNow().AddHours(-23), "a refresh proves nothing");

        using var right = await client.PostAsJsonAsync("/api/v1/auth/confirm", new { password = Account.Password });
        right.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var confirmed = await right.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        AuthenticatedAt(confirmed).ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddMinutes(-1));
        new JsonWebToken(confirmed.AccessToken).GetClaim("amr").Value.ShouldBe("pwd");
        new JsonWebToken(confirmed.AccessToken).GetClaim("sid").Value.ShouldBe(IdOf(tokens).ToString());
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "session.confirmed" && e.TargetId == IdOf(tokens).ToString());

        static DateTimeOffset AuthenticatedAt(TokenPair tokens) =>
            DateTimeOffset.FromUnixTimeSeconds(new JsonWebToken(tokens.AccessToken).GetPayloadValue<long>("auth_time"));
    }

    [Fact]
    public async Task Guessing_the_password_in_a_session_locks_the_account_like_a_sign_in()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        await Eventually.PassesAsync(async () =>
        {
            using var wrong = await client.PostAsJsonAsync("/api/v1/auth/confirm", new { password = "Wrong-Horse-7-Battery" });
            wrong.StatusCode.ShouldBe(HttpStatusCode.Locked);
            wrong.Headers.RetryAfter.ShouldNotBeNull();
        });
    }

    [Fact]
    public async Task A_sign_out_is_in_the_list_of_revocations_for_services_that_miss_the_event()
    {
        var tokens = await (await identity.RegisterAsync()).LogInAsync();
        using var services = identity.Host.CreateInternalClient();
        var before = await services.GetFromJsonAsync<Current>("/internal/revocations");
        using var client = identity.Host.CreateClient(tokens.AccessToken);
        (await client.DeleteAsync($"{Path}?all=true")).Dispose();

        var news = await services.GetFromJsonAsync<Current>($"/internal/revocations?after={before!.After}");
        var revocation = news!.Revocations.Single(each => each.Subject == IdOf(tokens).ToString());
        revocation.EndsAt.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddMinutes(10));
        (await services.GetFromJsonAsync<Current>("/internal/revocations"))!.Revocations.ShouldContain(each => each.Subject == revocation.Subject);
        // A restored database may have lower transaction ids: an "after" from its future returns everything.
        (await services.GetFromJsonAsync<Current>("/internal/revocations?after=18446744073709551615"))!.Revocations.ShouldContain(each => each.Subject == revocation.Subject);
        foreach (var after in new[] { "x", "-1", "1.5", "18446744073709551616" })
        {
            using var bad = await services.GetAsync($"/internal/revocations?after={after}");
            await bad.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "after");
        }
    }

    private static Guid IdOf(TokenPair tokens) => Guid.Parse(new JsonWebToken(tokens.AccessToken).GetClaim("sid").Value);

    private static Task RefusedAsync(HttpClient client) => Eventually.PassesAsync(
        async () =>
        {
            using var response = await client.GetAsync("/api/v1/me");
            await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        },
        // The guarantee is one second; three on a loaded machine.
        TimeSpan.FromSeconds(3));

    private async Task<TokenPair> LogInAsync(Account account, string userAgent, string address)
    {
        using var client = identity.Host.CreateInternalClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", userAgent);
        client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        using var response = await client.PostAsJsonAsync("/api/v1/auth/login", new { email = account.Email, password = Account.Password });
        return await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
    }

    private async Task<HttpResponseMessage> RefreshAsync(TokenPair tokens)
    {
        using var client = identity.Host.CreateClient();
        return await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
    }

    private sealed record ListedSession(
        Guid Id, bool Current, Guid WorkspaceId, string[] Methods, string? Browser, string? Os, string? Device, string? Network, string? Country,
        string? City, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt);

    private sealed record Current(string After, AccessRevoked[] Revocations);
}
