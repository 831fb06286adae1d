using System.Net;
using LinkShort.Testing;

namespace LinkShort.Gateway.Tests;

public sealed class RateLimitTests : IClassFixture<TwoGateways>
{
    private static int _visitors;

    private readonly Stage _stage;
    private readonly ServersAndIssuer _shared;

    public RateLimitTests(TwoGateways gateways, ServersAndIssuer shared)
    {
        _stage = gateways.Stage;
        _stage.Reset();
        _shared = shared;
    }

    [Fact]
    public async Task Two_gateways_share_one_limit_to_the_request()
    {
        var token = _shared.Issuer.Token();

        var statuses = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var response = await _stage.Gateways[i % 2].SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", token));
            return response.StatusCode;
        }));

        statuses.Count(status => status == HttpStatusCode.OK).ShouldBe(60);
        statuses.Count(status => status == HttpStatusCode.TooManyRequests).ShouldBe(40);
        _stage["links"].Requests.Count.ShouldBe(60);
    }

    [Fact]
    public async Task Responses_report_the_remaining_permits_and_refusals_when_to_retry()
    {
        var token = _shared.Issuer.Token();
        for (var left = 9; left >= 0; left--)
        {
            using var response = await _stage.Gateways[left % 2].SendAsync(Create(token));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Header("RateLimit-Policy").ShouldBe("\"createLink\";q=10;w=60");
            response.Header("RateLimit").ShouldNotBeNull().ShouldMatch($"^\"createLink\";r={left};t=(5[0-9]|60)$");
            response.Header("Retry-After").ShouldBeNull();
        }

        using var refused = await _stage.Gateway.SendAsync(Create(token));

        var problem = await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");
        problem["violated-policies"]!.AsArray().Select(policy => policy!.GetValue<string>()).ShouldBe(["createLink"]);
        var seconds = int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture);
        seconds.ShouldBeInRange(30, 60);
        refused.Header("RateLimit").ShouldBe($"\"createLink\";r=0;t={seconds}");
        _stage["links"].Requests.Count.ShouldBe(10);
    }

    [Fact]
    public async Task The_plan_in_a_token_multiplies_limits_but_not_those_of_sign_ins()
    {
        var user = Guid.CreateVersion7();
        var token = _shared.Issuer.Token(user: user, change: token => token.Claims[Contracts.Tokens.Claims.ApiLimitFactor] = "10");
        using var created = await _stage.Gateway.SendAsync(Create(token));
        created.Header("RateLimit-Policy").ShouldBe("\"createLink\";q=100;w=60");
        created.Header("RateLimit").ShouldNotBeNull().ShouldStartWith("\"createLink\";r=99;");
        using var read = await _stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", token));
        read.Header("RateLimit-Policy").ShouldBe("\"apiCall\";q=600;w=60");
        using var confirmed = await _stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Post, "/api/v1/me/password", token));
        confirmed.Header("RateLimit-Policy").ShouldBe("\"auth\";q=5;w=900");

        // After a change to a smaller plan, what was used still counts.
        using var smaller = await _stage.Gateway.SendAsync(Create(_shared.Issuer.Token(user: user)));
        smaller.Header("RateLimit").ShouldNotBeNull().ShouldStartWith("\"createLink\";r=8;");
    }

    [Theory]
    [InlineData("de-AT", "de", "Zu viele Anfragen", "Die Richtlinie „createLink“ erlaubt 10 Anfragen in 60 Sekunden. Warten Sie die in Retry-After genannte Zeit.")]
    [InlineData("ar", "ar", "طلبات كثيرة جدًا", "تسمح السياسة «createLink» بـ 10 طلبات خلال 60 ثانية. انتظر المدة المذكورة في Retry-After.")]
    [InlineData("ja", "en", "Too many requests", "The policy \"createLink\" allows 10 requests in 60 seconds. Wait for Retry-After.")]
    public async Task A_refusal_is_in_the_caller_s_language(string accepted, string language, string title, string detail)
    {
        var token = _shared.Issuer.Token();
        for (var i = 0; i < 10; i++)
        {
            using var _ = await _stage.Gateway.SendAsync(Create(token));
        }

        using var request = Create(token);
        request.Headers.Add("Accept-Language", accepted);
        using var refused = await _stage.Gateway.SendAsync(request);

        var problem = await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");
        (problem["title"]!.GetValue<string>(), problem["detail"]!.GetValue<string>()).ShouldBe((title, detail));
        refused.Header("Content-Language").ShouldBe(language);
        refused.Header("Vary").ShouldBe("Accept-Language");
    }

    [Theory]
    [InlineData("/api/v1/links")]
    [InlineData("/api/v1/links/")]
    [InlineData("/API/v1/Links")]
    [InlineData("/api/v1/%6Cinks")]
    [InlineData("/api/v1/x/../links")]
    public async Task Every_way_to_create_links_shares_the_same_permits_in_any_spelling(string target)
    {
        var answer = await RawHttp.GetAsync(
            _stage.Gateway.BaseAddress!, target, "POST", $"Content-Length: 0\r\nAuthorization: Bearer {_shared.Issuer.Token()}\r\n");

        answer.ShouldContain("RateLimit: \"createLink\";r=9;");
    }

    [Fact]
    public async Task Policies_and_users_have_separate_permits()
    {
        var token = _shared.Issuer.Token();
        for (var i = 0; i < 11; i++)
        {
            using var _ = await _stage.Gateway.SendAsync(Create(token));
        }

        using var read = await _stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", token));
        read.StatusCode.ShouldBe(HttpStatusCode.OK);
        read.Header("RateLimit").ShouldNotBeNull().ShouldStartWith("\"apiCall\";r=59;");

        using var other = await _stage.Gateway.SendAsync(Create(_shared.Issuer.Token()));
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_forged_token_does_not_count_as_another_user()
    {
        var address = NewAddress();
        for (var left = 59; left >= 57; left--)
        {
            using var request = Stage.FromWeb(HttpMethod.Delete, "/api/v1/links/1", address);
            request.Headers.Authorization = new("Bearer", TokenIssuer.ForgedToken());
            using var response = await _stage.Gateway.SendAsync(request);
            response.Header("RateLimit").ShouldNotBeNull().ShouldStartWith($"\"apiCall\";r={left};");
        }
    }

    [Fact]
    public async Task Signing_in_is_limited_by_account_and_address_together()
    {
        var address = NewAddress();
        for (var i = 0; i < 5; i++)
        {
            (await LogInAsync(i % 2, address, "ada@example.com")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await LogInAsync(0, address, "ada@example.com")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await LogInAsync(1, address, " ADA@Example.COM ")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await LogInAsync(1, address, "ada@ｅxample.com")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await LogInAsync(1, address, "grace@example.com")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await LogInAsync(1, NewAddress(), "ada@example.com")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await LogInAsync(0, address, "ada@example.com");
        await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");
        refused.Header("RateLimit-Policy").ShouldBe("\"auth\";q=5;w=900");
        int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(880, 900);
    }

    [Theory]
    [InlineData("/api/v1/auth/register")]
    [InlineData("/api/v1/auth/login")]
    [InlineData("/api/v1/auth/password/forgot")]
    [InlineData("/api/v1/auth/email/resend")]
    public async Task All_attempts_on_an_account_share_permits(string path)
    {
        var address = NewAddress();
        using var first = Stage.FromWeb(HttpMethod.Post, path, address);
        first.Content = Stage.Json("""{"name":"x","nested":{"email":"no"},"EMAIL":"eve@example.com"}""");
        using var second = Stage.FromWeb(HttpMethod.Post, "/api/v1/auth/login", address);
        second.Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["email"] = "eve@example.com" });

        (await _stage.Gateways[0].SendAsync(first)).Header("RateLimit").ShouldNotBeNull().ShouldStartWith("\"auth\";r=4;");
        (await _stage.Gateways[1].SendAsync(second)).Header("RateLimit").ShouldNotBeNull().ShouldStartWith("\"auth\";r=3;");
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[1,2]")]
    [InlineData("{\"email\":42}")]
    [InlineData("{\"email\":\"\\ud800\"}")]
    [InlineData("{\"password\":\"x\"")]
    public async Task A_body_without_an_account_is_limited_by_address_and_validated_by_the_service(string body)
    {
        var address = NewAddress();
        for (var left = 4; left >= 3; left--)
        {
            using var request = Stage.FromWeb(HttpMethod.Post, "/api/v1/auth/login/2fa", address);
            request.Content = Stage.Json(body);
            using var response = await _stage.Gateway.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Header("RateLimit").ShouldNotBeNull().ShouldStartWith($"\"auth\";r={left};");
        }

        _stage["identity"].Requests.Count(received => received.Body == body && received.Method == "POST").ShouldBe(2);
    }

    [Theory]
    [InlineData("/api/v1/auth/login/2fa", """{"challenge":"SECRET","code":"123456"}""")]
    [InlineData("/api/v1/auth/password/reset", """{"password":"x","token":"SECRET"}""")]
    [InlineData("/api/v1/auth/passkey", """{"credential":{"response":{"id":"not this"},"id":"SECRET"}}""")]
    [InlineData("/api/v1/invitations/decline", """{"token":"SECRET"}""")]
    public async Task Secrets_are_limited_like_accounts_and_independently_of_each_other(string path, string body)
    {
        var address = NewAddress();
        var secret = Guid.NewGuid().ToString("N");
        for (var left = 4; left >= 0; left--)
        {
            (await AttemptAsync(left % 2, address, path, body.Replace("SECRET", secret, StringComparison.Ordinal))).Header("RateLimit")
                .ShouldNotBeNull().ShouldStartWith($"\"auth\";r={left};");
        }

        (await AttemptAsync(0, address, path, body.Replace("SECRET", secret, StringComparison.Ordinal))).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await AttemptAsync(1, address, path, body.Replace("SECRET", "a colleague's" + secret, StringComparison.Ordinal))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await LogInAsync(1, address, $"{secret}@example.com")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_caller_with_a_new_secret_each_time_is_limited_by_address()
    {
        var address = NewAddress();
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 62; i++)
        {
            using var response = await AttemptAsync(i % 2, address, "/api/v1/auth/login/2fa", $$"""{"challenge":"made-up-{{i}}","code":"123456"}""");
            statuses.Add(response.StatusCode);
            if (i == 61)
            {
                response.Header("RateLimit-Policy").ShouldBe("\"attempts\";q=60;w=60");
            }
        }

        statuses.Count(status => status == HttpStatusCode.OK).ShouldBe(60);
        (await AttemptAsync(0, NewAddress(), "/api/v1/auth/login/2fa", """{"challenge":"x","code":"1"}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/api/v1/auth/confirm")]
    [InlineData("/api/v1/me/2fa/disable")]
    [InlineData("/api/v1/me/2fa/recovery-codes")]
    [InlineData("/api/v1/me/password")]
    [InlineData("/api/v1/me/email")]
    public async Task Confirmations_of_signed_in_users_are_limited_by_user_whatever_the_body_contains(string path)
    {
        var address = NewAddress();
        var token = _shared.Issuer.Token();
        for (var left = 4; left >= -1; left--)
        {
            using var request = Stage.FromWeb(HttpMethod.Post, path, address);
            request.Headers.Authorization = new("Bearer", token);
            request.Content = Stage.Json($$"""{"password":"guess {{left}}","email":"{{left}}@example.com","challenge":"{{left}}"}""");
            using var response = await _stage.Gateways[Math.Abs(left) % 2].SendAsync(request);
            response.StatusCode.ShouldBe(left < 0 ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK);
        }

        using var colleague = Stage.FromWeb(HttpMethod.Post, path, address);
        colleague.Headers.Authorization = new("Bearer", _shared.Issuer.Token());
        (await _stage.Gateway.SendAsync(colleague)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Addresses_of_one_ipv6_network_count_as_one()
    {
        (await LogInAsync(0, "2001:db8:1:2::1", "six@example.com")).Header("RateLimit").ShouldNotBeNull().ShouldContain("r=4;");
        (await LogInAsync(1, "2001:db8:1:2:ffff::9", "six@example.com")).Header("RateLimit").ShouldNotBeNull().ShouldContain("r=3;");
        (await LogInAsync(1, "2001:db8:1:3::1", "six@example.com")).Header("RateLimit").ShouldNotBeNull().ShouldContain("r=4;");
    }

    [Fact]
    public async Task Reads_of_the_web_app_have_many_permits_of_their_own_and_its_writes_the_usual_ones()
    {
        var token = _shared.Issuer.Token();
        for (var left = 599; left >= 530; left--)
        {
            using var read = Stage.FromWeb(HttpMethod.Get, "/api/v1/links", NewAddress());
            read.Headers.Authorization = new("Bearer", token);
            using var response = await _stage.Gateway.SendAsync(read);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Header("RateLimit").ShouldNotBeNull().ShouldStartWith($"\"firstParty\";r={left};");
        }

        using var write = Stage.FromWeb(HttpMethod.Post, "/api/v1/links", NewAddress());
        write.Headers.Authorization = new("Bearer", token);
        (await _stage.Gateway.SendAsync(write)).Header("RateLimit").ShouldNotBeNull().ShouldStartWith("\"createLink\";r=9;");
    }

    [Fact]
    public async Task Pages_cannot_be_read_in_a_loop()
    {
        await using var stage = await Stage.StartAsync(_shared, settings: [("RateLimits:FirstParty:PermitLimit", "2")]);
        var token = _shared.Issuer.Token();
        List<HttpStatusCode> statuses = [];
        for (var i = 0; i < 3; i++)
        {
            using var read = Stage.FromWeb(HttpMethod.Get, "/api/v1/links", NewAddress());
            read.Headers.Authorization = new("Bearer", token);
            using var response = await stage.Gateway.SendAsync(read);
            statuses.Add(response.StatusCode);
        }

        statuses.ShouldBe([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests]);
        // What the user's own programs may call is untouched.
        using var own = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", token));
        own.Header("RateLimit").ShouldNotBeNull().ShouldStartWith("\"apiCall\";r=59;");
    }

    [Theory]
    [InlineData("PATCH", "/api/v1/links", "changeLinks", 29)]
    [InlineData("PATCH", "/api/v1/links/0198", "apiCall", 59)]
    [InlineData("GET", "/api/v1/links/0198/qr", "lookups", 59)]
    [InlineData("GET", "/api/v1/links/0198", "firstParty", 599)]
    public async Task What_is_expensive_counts_apart_for_the_web_app_too(string method, string path, string policy, int left)
    {
        using var request = Stage.FromWeb(new HttpMethod(method), path, NewAddress());
        request.Headers.Authorization = new("Bearer", _shared.Issuer.Token());
        using var response = await _stage.Gateway.SendAsync(request);
        response.Header("RateLimit").ShouldNotBeNull().ShouldStartWith($"\"{policy}\";r={left};");
    }

    [Fact]
    public async Task Redirects_and_pages_are_not_limited()
    {
        for (var i = 0; i < 100; i++)
        {
            using var redirect = await _stage.Gateway.GetAsync(new Uri("/abc", UriKind.Relative));
            redirect.StatusCode.ShouldBe(HttpStatusCode.OK);
            redirect.Header("RateLimit").ShouldBeNull();
        }

        using var page = await _stage.Gateway.PostAsync(new Uri("/app/login", UriKind.Relative), null);
        page.Header("RateLimit").ShouldBeNull();
    }

    [Fact]
    public async Task A_permit_comes_back_when_its_request_leaves_the_window()
    {
        await using var stage = await Stage.StartAsync(
            _shared, settings: [("RateLimits:ApiCall:PermitLimit", "2"), ("RateLimits:ApiCall:WindowSeconds", "2")]);
        var token = _shared.Issuer.Token();
        async Task<HttpStatusCode> CallAsync()
        {
            using var response = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/me", token));
            return response.StatusCode;
        }

        (await CallAsync()).ShouldBe(HttpStatusCode.OK);
        (await CallAsync()).ShouldBe(HttpStatusCode.OK);
        (await CallAsync()).ShouldBe(HttpStatusCode.TooManyRequests);
        await Eventually.BecomesAsync(CallAsync, status => status == HttpStatusCode.OK, TimeSpan.FromSeconds(5));
    }

    private async Task<HttpResponseMessage> LogInAsync(int gateway, string address, string email)
    {
        using var request = Stage.FromWeb(HttpMethod.Post, "/api/v1/auth/login", address);
        request.Content = Stage.Json($$"""{"email":"{{email}}","password":"x"}""");
        return await _stage.Gateways[gateway].SendAsync(request);
    }

    private async Task<HttpResponseMessage> AttemptAsync(int gateway, string address, string path, string body)
    {
        using var request = Stage.FromWeb(HttpMethod.Post, path, address);
        request.Content = Stage.Json(body);
        return await _stage.Gateways[gateway].SendAsync(request);
    }

    private static HttpRequestMessage Create(string token)
    {
        var request = Stage.WithToken(HttpMethod.Post, "/api/v1/links", token);
        request.Content = Stage.Json("{}");
        return request;
    }

    /// <summary>Each test is a different visitor.</summary>
    private static string NewAddress()
    {
        var number = Interlocked.Increment(ref _visitors);
        return $"100.64.{number / 256}.{number % 256}";
    }
}
