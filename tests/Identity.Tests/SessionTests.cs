using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using LinkShort.Testing;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Tests;

public sealed class SessionTests(IdentityApplication identity)
{
    private const string RefreshPath = "/api/v1/auth/refresh";
    private const string LogOutPath = "/api/v1/auth/logout";

    [Fact]
    public async Task A_refresh_token_gives_new_tokens_that_work()
    {
        var account = await identity.RegisterAsync();
        var first = await account.LogInAsync();
        using var response = await RefreshAsync(first.RefreshToken);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var second = await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        second.RefreshToken.ShouldNotBe(first.RefreshToken);
        second.AccessToken.ShouldNotBe(first.AccessToken);
        second.ExpiresIn.ShouldBe(600);

        using var client = identity.Host.CreateClient(second.AccessToken);
        (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.Id.ShouldBe(account.Id);
        using var third = await RefreshAsync(second.RefreshToken);
        third.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Using_a_token_twice_ends_the_session_but_not_other_sessions()
    {
        var account = await identity.RegisterAsync();
        var stolen = await account.LogInAsync();
        var elsewhere = await account.LogInAsync();
        using var first = await RefreshAsync(stolen.RefreshToken);
        var next = await first.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);

        using var reuse = await RefreshAsync(stolen.RefreshToken);
        await reuse.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
        using var descendant = await RefreshAsync(next.RefreshToken);
        await descendant.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
        using var other = await RefreshAsync(elsewhere.RefreshToken);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_parallel_uses_of_one_token_exactly_one_wins_and_the_session_ends()
    {
        var account = await identity.RegisterAsync();
        for (var round = 0; round < 3; round++)
        {
            var tokens = await account.LogInAsync();
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefreshAsync(tokens.RefreshToken)));
            answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized).ShouldBe(7);
            var winner = answers.Single(answer => answer.StatusCode == HttpStatusCode.OK);
            using var afterwards = await RefreshAsync((await winner.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).RefreshToken);
            await afterwards.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
            Array.ForEach(answers, answer => answer.Dispose());
        }
    }

    [Fact]
    public async Task Parallel_uses_on_two_replicas_have_one_winner_and_within_the_grace_period_the_session_continues()
    {
        await using var one = identity.Another(("Identity:RefreshReuseGrace", "00:00:30"));
        await using var two = identity.Another(("Identity:RefreshReuseGrace", "00:00:30"));
        var tokens = await (await identity.RegisterAsync()).LogInAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => RefreshAsync(tokens.RefreshToken, i % 2 == 0 ? one : two)));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized).ShouldBe(7);
        var winner = await answers.Single(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        using var afterwards = await RefreshAsync(winner.RefreshToken, one);
        afterwards.StatusCode.ShouldBe(HttpStatusCode.OK);

        // After the grace period it is a reuse.
        var hash = SHA256.HashData(Base64UrlEncoder.DecodeBytes(tokens.RefreshToken));
        await identity.ExecuteAsync("update refresh_tokens set used_at = used_at - interval '1 minute' where token_hash = @hash", new { hash });
        using var late = await RefreshAsync(tokens.RefreshToken, one);
        late.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var ended = await RefreshAsync((await afterwards.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).RefreshToken, one);
        ended.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task Only_a_hash_of_the_refresh_token_is_stored()
    {
        var tokens = await (await identity.RegisterAsync()).LogInAsync();
        var secret = Base64UrlEncoder.DecodeBytes(tokens.RefreshToken);
        secret.Length.ShouldBe(32);
        (await CountAsync(SHA256.HashData(secret))).ShouldBe(1);
        (await CountAsync(secret)).ShouldBe(0);

        Task<long> CountAsync(byte[] hash) => identity.QueryAsync<long>("select count(*) from refresh_tokens where token_hash = @hash", new { hash });
    }

    [Theory]
    [InlineData("update refresh_tokens t set expires_at = now() from sessions s where s.id = t.session_id and s.user_id = @Id")]
    [InlineData("update sessions set expires_at = now() where user_id = @Id")]
    [InlineData("delete from sessions where user_id = @Id")]
    [InlineData("delete from members where user_id = @Id")]
    public async Task An_idle_overlong_or_orphaned_session_has_ended(string sql)
    {
        var account = await identity.RegisterAsync();
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync(sql, new { account.Id });
        using var response = await RefreshAsync(tokens.RefreshToken);
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
    }

    [Fact]
    public async Task A_session_lasts_fourteen_idle_days_and_ninety_in_all()
    {
        var account = await identity.RegisterAsync();
        await account.LogInAsync();
        const string Lifetimes = """
            select extract(epoch from t.expires_at - t.created_at)::int as idle, extract(epoch from s.expires_at - s.created_at)::int as whole
            from sessions s join refresh_tokens t on t.session_id = s.id where s.user_id = @Id
            """;
        var (idle, whole) = await identity.QueryAsync<(int, int)>(Lifetimes, new { account.Id });
        idle.ShouldBe(14 * 86_400);
        whole.ShouldBe(90 * 86_400);
    }

    [Fact]
    public async Task A_refresh_does_not_extend_the_session_beyond_its_end()
    {
        var account = await identity.RegisterAsync();
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync("update sessions set expires_at = now() + interval '1 hour' where user_id = @Id", new { account.Id });
        using var response = await RefreshAsync(tokens.RefreshToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await identity.QueryAsync<bool>(
            "select bool_and(t.expires_at <= s.expires_at) from refresh_tokens t join sessions s on s.id = t.session_id where s.user_id = @Id and t.used_at is null",
            new { account.Id })).ShouldBeTrue();
    }

    [Fact]
    public async Task Changes_of_the_profile_and_plan_are_in_the_next_token()
    {
        var account = await identity.RegisterAsync();
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync("update users set locale = 'fr' where id = @Id", new { account.Id });
        await identity.ExecuteAsync("update workspaces set plan = 'pro' where id = @WorkspaceId", new { account.WorkspaceId });
        using var response = await RefreshAsync(tokens.RefreshToken);
        var next = new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken((await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        next.GetClaim("locale").Value.ShouldBe("fr");
        next.GetClaim("plan").Value.ShouldBe("pro");
    }

    [Fact]
    public async Task Logging_out_ends_the_session_and_can_be_repeated()
    {
        var account = await identity.RegisterAsync();
        var first = await account.LogInAsync();
        using var refreshed = await RefreshAsync(first.RefreshToken);
        var second = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        using var client = identity.Host.CreateClient();
        for (var i = 0; i < 2; i++)
        {
            using var response = await client.PostAsJsonAsync(LogOutPath, new { refreshToken = second.RefreshToken });
            response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        using var after = await RefreshAsync(second.RefreshToken);
        await after.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
    }

    [Fact]
    public async Task Logging_out_with_an_old_token_ends_the_whole_session()
    {
        var first = await (await identity.RegisterAsync()).LogInAsync();
        using var refreshed = await RefreshAsync(first.RefreshToken);
        var second = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(LogOutPath, new { refreshToken = first.RefreshToken });
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var after = await RefreshAsync(second.RefreshToken);
        after.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ")]
    public async Task An_unknown_token_is_refused_and_can_be_logged_out(string token)
    {
        using var refused = await RefreshAsync(token);
        await refused.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(LogOutPath, new { refreshToken = token });
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private async Task<HttpResponseMessage> RefreshAsync(string refreshToken, ServiceFactory<Program>? host = null)
    {
        using var client = (host ?? identity.Host).CreateClient();
        return await client.PostAsJsonAsync(RefreshPath, new { refreshToken });
    }
}
