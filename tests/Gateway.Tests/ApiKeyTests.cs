using System.Net;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;
using StackExchange.Redis;

namespace LinkShort.Gateway.Tests;

public sealed class ApiKeyTests(ServersAndIssuer shared)
{
    public const string Key = "ls_live_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    private const string Exchange = "/internal/api-keys/exchange";

    [Fact]
    public async Task A_key_is_exchanged_once_and_services_receive_a_token()
    {
        await using var stage = await Stage.StartAsync(shared, gateways: 2);
        stage["identity"].Answer = Issue(stage, shared.Issuer);

        var requests = Enumerable.Range(0, 20).Select(async i =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/links");
            if (i % 3 == 0)
            {
                request.Headers.Add("X-Api-Key", Key);
            }
            else
            {
                request.Headers.Authorization = new("Bearer", Key);
            }

            using var response = await stage.Gateways[0].SendAsync(request);
            return response.StatusCode;
        });
        (await Task.WhenAll(requests)).ShouldAllBe(status => status == HttpStatusCode.OK);
        using var other = await stage.Gateways[1].SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        other.StatusCode.ShouldBe(HttpStatusCode.OK);

        var exchange = stage["identity"].Requests.Where(received => received.Target == Exchange).ShouldHaveSingleItem();
        exchange[InternalKey.Header].ShouldBe(Servers.InternalKey);
        exchange.Body.ShouldBe($$"""{"key":"{{Key}}","address":"127.0.0.1"}""");
        stage["links"].Requests.Count.ShouldBe(21);
        stage["links"].Requests.ShouldAllBe(received => received["Authorization"]!.StartsWith("Bearer ey") && received["X-Api-Key"] == null);
    }

    [Fact]
    public async Task Calls_with_a_key_count_for_its_user()
    {
        await using var stage = await Stage.StartAsync(shared);
        var user = Guid.NewGuid();
        stage["identity"].Answer = Issue(stage, shared.Issuer, user);

        using var byKey = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        using var byToken = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", shared.Issuer.Token(user: user)));

        byKey.Header("RateLimit").ShouldNotBeNull().ShouldContain("r=59;");
        byToken.Header("RateLimit").ShouldNotBeNull().ShouldContain("r=58;");
    }

    [Fact]
    public async Task The_cached_token_is_useless_without_the_key()
    {
        var connection = await shared.Servers.NextRedisDatabaseAsync();
        await using var stage = await Stage.StartAsync(shared, settings: [("ConnectionStrings:cache", connection)]);
        stage["identity"].Answer = Issue(stage, shared.Issuer);
        using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        var token = stage["links"].Requests.ShouldHaveSingleItem()["Authorization"]!["Bearer ".Length..];

        using var redis = await ConnectionMultiplexer.ConnectAsync(connection);
        byte[] cached = (await redis.GetDatabase().StringGetAsync("linkshort:apikey:" + ApiKeyHash.Of(Key)))!;
        var text = Encoding.Latin1.GetString(cached);
        text.ShouldNotContain(token);
        text.ShouldNotContain(token.Split('.')[1]);
        text.ShouldNotContain(Key);

        // The entry of another key, or a planted one, can't be decrypted either.
        await redis.GetDatabase().StringSetAsync("linkshort:apikey:" + ApiKeyHash.Of(Key + "x"), cached);
        using var planted = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key + "x"));
        planted.StatusCode.ShouldBe(HttpStatusCode.OK);
        stage["identity"].Requests.Count(received => received.Target == Exchange).ShouldBe(2);

        var life = await redis.GetDatabase().KeyTimeToLiveAsync("linkshort:apikey:" + ApiKeyHash.Of(Key));
        life.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_revoked_key_is_refused_within_a_second_by_every_gateway()
    {
        await using var stage = await Stage.StartAsync(shared, gateways: 2);
        stage["identity"].Answer = Issue(stage, shared.Issuer);
        await stage.ListeningAsync();
        foreach (var gateway in stage.Gateways)
        {
            using var before = await gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
            before.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await stage.Bus.Publish(new ApiKeyRevoked(Guid.NewGuid(), Guid.NewGuid(), ApiKeyHash.Of(Key), TimeProvider.System.GetUtcNow()));

        foreach (var gateway in stage.Gateways)
        {
            await Eventually.PassesAsync(
                async () =>
                {
                    using var after = await gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
                    await after.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
                    after.Header("WWW-Authenticate").ShouldNotBeNull().ShouldContain("invalid_token");
                },
                TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task An_exchange_that_is_running_when_the_key_is_revoked_does_not_restore_it()
    {
        await using var stage = await Stage.StartAsync(shared);
        var issue = Issue(stage, shared.Issuer);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage["identity"].Answer = async context =>
        {
            if (context.Request.Path == Exchange)
            {
                asked.TrySetResult();
                await answer.Task;
            }

            await issue(context);
        };
        await stage.ListeningAsync();

        var during = stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        await asked.Task;
        await stage.Bus.Publish(new ApiKeyRevoked(Guid.NewGuid(), Guid.NewGuid(), ApiKeyHash.Of(Key), TimeProvider.System.GetUtcNow()));
        using var redis = await ConnectionMultiplexer.ConnectAsync(stage.Settings["ConnectionStrings:cache"]!);
        await Eventually.BecomesAsync(() => redis.GetDatabase().KeyExistsAsync("linkshort:apikey:" + ApiKeyHash.Of(Key)), exists => exists);
        answer.SetResult();

        (await during).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var after = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        after.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_restricted_to_networks_is_refused_from_elsewhere_at_the_exchange_and_while_its_token_is_cached()
    {
        await using var stage = await Stage.StartAsync(shared, gateways: 2);
        stage["identity"].Answer = Issue(stage, shared.Issuer, networks: ["203.0.113.0/24", "2001:db8::/32"]);
        // The very first request comes from elsewhere.
        foreach (var (address, status) in new[]
        {
            ("198.51.100.1", HttpStatusCode.Unauthorized), ("203.0.113.9", HttpStatusCode.OK), ("198.51.100.1", HttpStatusCode.Unauthorized),
            ("2001:db8:1::5", HttpStatusCode.OK), ("2001:db9::5", HttpStatusCode.Unauthorized), ("::ffff:203.0.113.77", HttpStatusCode.OK),
            ("203.0.114.9", HttpStatusCode.Unauthorized),
        })
        {
            foreach (var gateway in stage.Gateways)
            {
                using var request = Stage.FromWeb(HttpMethod.Get, "/api/v1/links", address);
                request.Headers.Authorization = new("Bearer", Key);
                using var response = await gateway.SendAsync(request);
                response.StatusCode.ShouldBe(status, address);
            }
        }

        // The header can't be forged: from a client that isn't trusted, only the socket's address counts.
        using var claimed = Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key);
        claimed.Headers.Add("X-Forwarded-For", "203.0.113.9");
        using var refused = await stage.Gateway.SendAsync(claimed);
        await refused.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        var exchange = stage["identity"].Requests.Where(received => received.Target == Exchange).ShouldHaveSingleItem();
        exchange.Body.ShouldContain("198.51.100.1");
    }

    [Fact]
    public async Task A_revoked_token_is_exchanged_again_while_its_key_is_valid()
    {
        await using var stage = await Stage.StartAsync(shared, gateways: 2);
        var (user, key) = (Guid.NewGuid(), Guid.NewGuid());
        stage["identity"].Answer = Issue(stage, shared.Issuer, user, apiKey: key);
        await stage.ListeningAsync();
        foreach (var gateway in stage.Gateways)
        {
            using var before = await gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
            before.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var old = stage["links"].Requests.Last()["Authorization"];
        var now = TimeProvider.System.GetUtcNow();
        await stage.Bus.Publish(new AccessRevoked(Guid.NewGuid(), RevocationKinds.ApiKey, key.ToString(), now.AddMilliseconds(1), now.AddMinutes(10)));

        foreach (var gateway in stage.Gateways)
        {
            await Eventually.PassesAsync(
                async () =>
                {
                    using var after = await gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
                    after.StatusCode.ShouldBe(HttpStatusCode.OK);
                    stage["links"].Requests.Last()["Authorization"].ShouldNotBe(old);
                },
                TimeSpan.FromSeconds(3));
        }

        stage["identity"].Requests.Count(received => received.Target == Exchange).ShouldBeInRange(2, 3);
    }

    [Fact]
    public async Task Calls_of_a_revoked_user_count_as_anonymous()
    {
        await using var stage = await Stage.StartAsync(shared);
        var user = Guid.NewGuid();
        var token = shared.Issuer.Token(user: user);
        await stage.ListeningAsync();
        using (var before = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", token)))
        {
            before.Header("RateLimit").ShouldNotBeNull().ShouldContain("r=59;");
        }

        var now = TimeProvider.System.GetUtcNow();
        await stage.Bus.Publish(new AccessRevoked(Guid.NewGuid(), RevocationKinds.User, user.ToString(), now.AddMilliseconds(1), now.AddMinutes(10)));
        // Counted by address now, with all permits left.
        await Eventually.PassesAsync(
            async () =>
            {
                using var after = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", token));
                using var other = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", "nonsense"));
                Left(other).ShouldBe(Left(after) - 1);
            },
            TimeSpan.FromSeconds(3));

        static int Left(HttpResponseMessage response) =>
            int.Parse(System.Text.RegularExpressions.Regex.Match(response.Header("RateLimit")!, @"r=(\d+);").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task An_unknown_key_is_refused_looked_up_once_and_counted_by_address()
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("RateLimits:ApiCall:PermitLimit", "3")]);
        stage["identity"].Answer = context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };

        for (var i = 0; i < 3; i++)
        {
            using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
            await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        }

        using var limited = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        limited.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        stage["identity"].Requests.Count(received => received.Target == Exchange).ShouldBe(1);
        stage["links"].Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET", "/api/v1/links")]
    [InlineData("POST", "/api/v1/links")]
    public async Task Beyond_its_limit_an_addresss_guesses_cost_identity_nothing(string method, string path)
    {
        await using var stage = await Stage.StartAsync(shared, gateways: 2, settings: [("RateLimits:ApiCall:PermitLimit", "3"), ("RateLimits:CreateLink:PermitLimit", "100")]);
        stage["identity"].Answer = Unknown(stage, exists: false);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            using var response = await stage.Gateways[i % 2].SendAsync(Stage.WithToken(new HttpMethod(method), path, $"{Key}{i}"));
            answers.Add(response.StatusCode);
            if (i >= 3)
            {
                response.Header("RateLimit-Policy").ShouldNotBeNull().ShouldContain("\"apiKeys\";q=3");
                response.Header("Retry-After").ShouldNotBeNull();
            }
        }

        answers.ShouldBe([.. Enumerable.Repeat(HttpStatusCode.Unauthorized, 3), .. Enumerable.Repeat(HttpStatusCode.TooManyRequests, 9)]);
        stage["identity"].Requests.Count(received => received.Target == Exchange).ShouldBe(3);

        // The guesses of one address are no other's, and a valid key works there.
        stage["identity"].Answer = Issue(stage, shared.Issuer);
        var elsewhere = Stage.FromWeb(new HttpMethod(method), path, "203.0.113.7");
        elsewhere.Headers.Authorization = new("Bearer", Key);
        using var valid = await stage.Gateway.SendAsync(elsewhere);
        valid.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Concurrent_guesses_stay_within_the_limit()
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("RateLimits:ApiCall:PermitLimit", "5")]);
        stage["identity"].Answer = Unknown(stage, exists: false);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", $"{Key}{i}"));
        }));
        stage["identity"].Requests.Count(received => received.Target == Exchange).ShouldBe(5);
    }

    [Fact]
    public async Task Valid_keys_use_no_permits_of_their_address_up()
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("RateLimits:ApiCall:PermitLimit", "2")]);
        for (var i = 0; i < 6; i++)
        {
            stage["identity"].Answer = Issue(stage, shared.Issuer);
            using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", $"{Key}{i}"));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task An_expired_key_uses_up_no_permits_of_its_neighbours()
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("RateLimits:ApiCall:PermitLimit", "2")]);
        stage["identity"].Answer = Unknown(stage, exists: true);
        for (var i = 0; i < 4; i++)
        {
            using var refused = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
            refused.IsSuccessStatusCode.ShouldBeFalse();
        }

        stage["identity"].Answer = Issue(stage, shared.Issuer);
        using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key + "1"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_outage_of_identity_uses_no_permits_up()
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("RateLimits:ApiCall:PermitLimit", "2")]);
        stage["identity"].Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        for (var i = 0; i < 4; i++)
        {
            using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }
    }

    [Fact]
    public async Task A_key_that_becomes_valid_again_is_not_remembered_as_refused()
    {
        await using var stage = await Stage.StartAsync(shared);
        stage["identity"].Answer = Unknown(stage, exists: true);
        using var expired = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        expired.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        // Its expiry was extended, or its owner's suspension ended.
        stage["identity"].Answer = Issue(stage, shared.Issuer);
        using var extended = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        extended.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_Redis_each_gateway_limits_and_remembers_unknown_keys_alone()
    {
        await using var stage = await Stage.StartAsync(shared, settings:
        [
            ("ConnectionStrings:cache", "127.0.0.1:9,password=x"), ("RateLimits:ApiCall:PermitLimit", "3"), ("RateLimits:CreateLink:PermitLimit", "100"),
        ]);
        stage["identity"].Answer = Unknown(stage, exists: false);
        foreach (var key in new[] { Key, Key, Key, Key + "1", Key + "2" })
        {
            using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Post, "/api/v1/links", key));
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using var limited = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Post, "/api/v1/links", Key + "3"));
        limited.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        stage["identity"].Requests.Count(received => received.Target == Exchange).ShouldBe(3);
    }

    [Theory]
    [InlineData("not-a-key")]
    [InlineData("ls_live_ü")]
    [InlineData("ls_live_a b")]
    public async Task A_malformed_key_is_refused_without_asking_identity(string key)
    {
        await using var stage = await Stage.StartAsync(shared);

        var answer = await RawHttp.GetAsync(stage.Gateway.BaseAddress!, "/api/v1/links", headers: $"X-Api-Key: {key}\r\n");

        RawHttp.StatusOf(answer).ShouldBeOneOf(400, 401);
        stage["identity"].Requests.ShouldBeEmpty();
        stage["links"].Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(401)]
    public async Task A_failure_of_identity_is_reported_as_unavailable_and_not_cached(int status)
    {
        await using var stage = await Stage.StartAsync(shared);
        stage["identity"].Answer = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        await response.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
        response.Header("Retry-After").ShouldNotBeNull();

        stage["identity"].Answer = Issue(stage, shared.Issuer);
        using var after = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", Key));
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>A stand-in for identity that refuses every key.</summary>
    private static Func<HttpContext, Task> Unknown(Stage stage, bool exists) => context =>
    {
        if (context.Request.Path != Exchange)
        {
            return stage.ServeKeysAsync(context);
        }

        context.Response.StatusCode = 404;
        return context.Response.WriteAsJsonAsync(new { type = "/problems/not-found", exists }, options: null, contentType: "application/problem+json");
    };

    /// <summary>A stand-in for identity that knows every key.</summary>
    public static Func<HttpContext, Task> Issue(Stage stage, TokenIssuer issuer, Guid? user = null, string[]? networks = null, Guid? apiKey = null)
    {
        var owner = user ?? Guid.NewGuid();
        return context => context.Request.Path == Exchange
            ? context.Response.WriteAsJsonAsync(new { accessToken = issuer.Token(user: owner, apiKey: apiKey), expiresIn = 600, allowedNetworks = networks })
            : stage.ServeKeysAsync(context);
    }
}
