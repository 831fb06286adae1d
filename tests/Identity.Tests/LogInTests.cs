using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

public sealed class LogInTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/auth/login";

    [Fact]
    public async Task The_access_token_has_the_claims_that_services_need_and_expires_after_ten_minutes()
    {
        var account = await identity.RegisterAsync();
        using var response = await account.TryLogInAsync(Account.Password);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var tokens = await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        tokens.TokenType.ShouldBe("Bearer");
        tokens.ExpiresIn.ShouldBe(600);

        var token = new JsonWebToken(tokens.AccessToken);
        token.Alg.ShouldBe("ES256");
        token.Kid.ShouldNotBeNullOrEmpty();
        token.Issuer.ShouldBe("linkshort");
        token.Audiences.ShouldBe(["linkshort-api"]);
        (token.ValidTo - token.IssuedAt).ShouldBe(TimeSpan.FromMinutes(10));
        var claims = token.Claims.ToDictionary(claim => claim.Type, claim => claim.Value);
        claims["sub"].ShouldBe(account.Id.ToString());
        claims["ws"].ShouldBe(account.WorkspaceId.ToString());
        claims["role"].ShouldBe("owner");
        claims["scope"].ShouldBe("links:read links:write analytics:read audit:read account billing");
        claims["plan"].ShouldBe("free");
        claims["locale"].ShouldBe("en");
        claims["jti"].ShouldNotBeNullOrEmpty();
        claims.ShouldNotContainKey("key");
    }

    [Theory]
    [InlineData("Wrong-Horse-7-Battery")]
    [InlineData("correct-horse-7-battery")]
    [InlineData(Account.Password + " ")]
    [InlineData("x")]
    public async Task A_wrong_password_is_refused(string password)
    {
        var account = await identity.RegisterAsync();
        using var response = await account.TryLogInAsync(password);
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
    }

    [Fact]
    public async Task An_unknown_address_gets_the_same_response_as_a_wrong_password()
    {
        var account = await identity.RegisterAsync();
        using var client = identity.Host.CreateClient();
        using var unknown = await client.PostAsJsonAsync(Path, new { email = Account.NewEmail(), password = Account.Password });
        using var wrong = await account.TryLogInAsync("Wrong-Horse-7-Battery");
        var one = await unknown.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        var other = await wrong.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        (one with { TraceId = "" }).ShouldBe(other with { TraceId = "" });
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_even_for_the_right_one()
    {
        var account = await identity.RegisterAsync();
        for (var i = 0; i < 4; i++)
        {
            using var wrong = await account.TryLogInAsync("Wrong-Horse-7-Battery");
            await wrong.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        }

        using var fifth = await account.TryLogInAsync("Wrong-Horse-7-Battery");
        await fifth.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        fifth.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
        using var right = await account.TryLogInAsync(Account.Password);
        await right.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        right.Headers.RetryAfter.ShouldNotBeNull();

    }

    [Fact]
    public async Task A_lockout_expires_and_the_next_one_is_twice_as_long()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var settings = new Dictionary<string, string?>(identity.Settings)
        {
            ["Identity:LockoutAttempts"] = "1", ["Identity:LockoutDuration"] = "00:00:02", ["Identity:LockoutMaxDuration"] = "00:10:00",
        };
        await using var host = IdentityApplication.Start(settings, services => services.AddSingleton<TimeProvider>(time));
        var account = await Account.RegisterAsync(host);
        (await WrongAsync()).ShouldBe(2);
        // Neither right nor wrong passwords extend it.
        time.Advance(TimeSpan.FromSeconds(1.5));
        using var right = await account.TryLogInAsync(Account.Password);
        await right.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        (await WrongAsync()).ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(0.5));
        (await account.LogInAsync()).AccessToken.ShouldNotBeEmpty();

        // A right password resets the count.
        (await WrongAsync()).ShouldBe(2);
        time.Advance(TimeSpan.FromSeconds(2));
        (await WrongAsync()).ShouldBe(4);

        async Task<double> WrongAsync()
        {
            using var wrong = await account.TryLogInAsync("Wrong-Horse-7-Battery");
            await wrong.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
            return wrong.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        }
    }

    [Fact]
    public async Task A_right_password_resets_the_count_of_wrong_ones()
    {
        var account = await identity.RegisterAsync();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 4; i++)
            {
                using var wrong = await account.TryLogInAsync("Wrong-Horse-7-Battery");
                wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            }

            await account.LogInAsync();
        }
    }

    [Fact]
    public async Task Concurrent_guesses_are_all_counted()
    {
        var account = await identity.RegisterAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            using var response = await account.TryLogInAsync("Wrong-Horse-7-Battery");
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.Unauthorized).ShouldBe(4);
        answers.Count(status => status == HttpStatusCode.Locked).ShouldBe(12);
    }

    [Fact]
    public async Task Concurrent_right_passwords_lock_no_one_out()
    {
        var account = await identity.RegisterAsync();
        var tokens = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => account.LogInAsync()));
        tokens.Select(pair => pair.RefreshToken).Distinct().Count().ShouldBe(8);
    }

    [Fact]
    public async Task A_stronger_hash_is_made_at_the_next_sign_in()
    {
        var account = await identity.RegisterAsync();
        await using var stronger = identity.Another(("Identity:PasswordHashIterations", "120000"));
        var before = await HashAsync();
        await (account with { Host = stronger }).LogInAsync();
        var after = await HashAsync();
        after.ShouldNotBe(before);
        await account.LogInAsync();

        Task<string> HashAsync() => identity.QueryAsync<string>("select password_hash from users where id = @Id", new { account.Id });
    }
}
