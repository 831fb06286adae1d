using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using LinkShort.Hosting.Dashboard;
using LinkShort.Hosting.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Hosting.Tests;

/// <summary>The operations dashboard over HTTP, in front of a shell program that talks and keeps a secret.</summary>
public sealed class DashboardTests : IAsyncLifetime
{
    private const string Secret = "open-sesame-0123456789";

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private DistributedApplication _app = null!;
    private DashboardServer _dashboard = null!;
    private HttpClient _operator = null!;

    private CancellationToken Token => _limit.Token;

    public async ValueTask InitializeAsync()
    {
        var builder = new DistributedApplicationBuilder(new DistributedApplicationOptions(), EngineSettings.Temporary());
        var secret = builder.AddParameter("sesame", Secret, secret: true);
        builder.AddExecutable("talker", "sh", "/tmp", "-c", "echo 'info: hello'; echo 'fail: trouble' >&2; exec sleep 600")
            .WithEnvironment("PLAIN", "readable")
            .WithEnvironment("SESAME", secret);
        _app = builder.Build();
        await _app.StartAsync(Token);
        await _app.ResourceNotifications.WaitForResourceAsync("talker", KnownResourceStates.Running, Token);
        _dashboard = _app.Services.GetRequiredService<DashboardServer>();
        _operator = Client();
        _operator.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _dashboard.Access.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _operator.Dispose();
        await _app.DisposeAsync();
        _limit.Dispose();
    }

    [Theory]
    [InlineData("/api/resources")]
    [InlineData("/api/resources/talker")]
    [InlineData("/api/logs")]
    [InlineData("/api/status")]
    [InlineData("/api/mail")]
    public async Task Without_the_token_nothing_is_told(string path)
    {
        using var stranger = Client();
        using var answer = await stranger.GetAsync(new Uri(path, UriKind.Relative), Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef0123456789abcdef");
        using var wrong = await stranger.GetAsync(new Uri(path, UriKind.Relative), Token);
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_login_link_opens_it_with_a_cookie_that_no_script_and_no_other_site_gets()
    {
        using var browser = Client();
        using var home = await browser.GetAsync(new Uri("/", UriKind.Relative), Token);
        home.Headers.Location!.OriginalString.ShouldBe("/login");

        using var wrong = await browser.GetAsync(new Uri("/login?t=guess", UriKind.Relative), Token);
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        wrong.Headers.Contains("Set-Cookie").ShouldBeFalse();

        using var right = await browser.GetAsync(new Uri(_dashboard.LoginAddress), Token);
        var cookie = right.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
        browser.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);
        (await browser.GetStringAsync(new Uri("/", UriKind.Relative), Token)).ShouldContain("LinkShort operations");
        (await browser.GetAsync(new Uri("/api/resources", UriKind.Relative), Token)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // A page on another port of localhost shares the cookie jar, but not the origin.
        using var forged = new HttpRequestMessage(HttpMethod.Post, "/api/resources/talker/commands/resource-stop");
        forged.Headers.Add("Origin", "http://localhost:1");
        (await browser.SendAsync(forged, Token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task It_listens_on_loopback_and_answers_to_its_own_name_only()
    {
        new Uri(_dashboard.Address!).IsLoopback.ShouldBeTrue();
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/api/resources");
        rebound.Headers.Host = "attacker.example";
        (await _operator.SendAsync(rebound, Token)).StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task Resources_are_shown_with_state_restarts_and_memory_and_their_secrets_masked()
    {
        var talker = await EventuallyAsync(
            async () => (await _operator.GetFromJsonAsync<JsonElement[]>("/api/resources", Token))!.Single(resource => resource.GetProperty("id").GetString() == "talker"),
            talker => talker.GetProperty("memoryBytes").ValueKind == JsonValueKind.Number);
        talker.GetProperty("kind").GetString().ShouldBe("Executable");
        talker.GetProperty("state").GetString().ShouldBe("Running");
        talker.GetProperty("restarts").GetInt32().ShouldBe(0);

        var details = await _operator.GetStringAsync(new Uri("/api/resources/talker", UriKind.Relative), Token);
        details.ShouldContain("readable");
        details.ShouldContain("SESAME");
        details.ShouldNotContain(Secret);
        (await _operator.GetStringAsync(new Uri("/api/status", UriKind.Relative), Token)).ShouldMatch(@"(?m)^talker\s+Executable\s+Running");
    }

    [Fact]
    public async Task An_operator_stops_and_starts_a_resource()
    {
        (await CommandAsync("talker", "resource-stop")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StateAsync()).ShouldNotBe("Running");

        (await CommandAsync("talker", "resource-start")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await EventuallyAsync(StateAsync, state => state == "Running");

        (await CommandAsync("talker", "explode")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await CommandAsync("nobody", "resource-stop")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/api/logs")]
    [InlineData("/api/logs?resource=talker")]
    public async Task Console_logs_stream_what_was_said_and_which_of_it_was_an_error(string path)
    {
        using var stream = new StreamReader(await _operator.GetStreamAsync(new Uri(path, UriKind.Relative), Token));
        var lines = new List<JsonElement>();
        while (lines.Count < 2 && await stream.ReadLineAsync(Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                lines.AddRange(JsonSerializer.Deserialize<JsonElement[]>(line[6..])!.Where(entry => entry.GetProperty("resource").GetString() == "talker"));
            }
        }

        lines.ShouldContain(line => line.GetProperty("text").GetString() == "info: hello" && !line.GetProperty("isError").GetBoolean());
        lines.ShouldContain(line => line.GetProperty("text").GetString() == "fail: trouble" && line.GetProperty("isError").GetBoolean());
    }

    [Fact]
    public async Task Kept_mail_is_listed_and_its_html_can_run_nothing()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_app.GetDataDirectory(), "mail")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "1.eml"), string.Join("\r\n",
            "From: LinkShort <hello@example.com>",
            "To: ada@example.com",
            "Subject: =?utf-8?B?V2lsbGtvbW1lbiw=?=",
            " =?utf-8?Q?_gr=C3=BC=C3=9F_dich?=",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative; boundary=\"b\"",
            "",
            "--b",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            "gr=C3=BC=C3=9F=",
            " dich",
            "--b",
            "Content-Type: text/html; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "",
            Convert.ToBase64String(Encoding.UTF8.GetBytes("<script>alert(1)</script><p>grüß dich</p>")),
            "--b--",
            ""), Token);

        var mail = (await _operator.GetFromJsonAsync<JsonElement[]>("/api/mail", Token))!.ShouldHaveSingleItem();
        mail.GetProperty("subject").GetString().ShouldBe("Willkommen, grüß dich");
        mail.GetProperty("to").GetString().ShouldBe("ada@example.com");
        (await _operator.GetFromJsonAsync<JsonElement>("/api/mail/1.eml", Token)).GetProperty("text").GetString()!.TrimEnd().ShouldBe("grüß dich");
        using var html = await _operator.GetAsync(new Uri("/api/mail/1.eml/html", UriKind.Relative), Token);
        (await html.Content.ReadAsStringAsync(Token)).ShouldContain("<p>grüß dich</p>");
        html.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldStartWith("sandbox; default-src 'none'");

        foreach (var name in new[] { "..%2fsecrets.eml", "%2e%2e%2flock", "2.eml", "1.eml%00", "%5c1.eml" })
        {
            using var none = await _operator.GetAsync(new Uri($"/api/mail/{name}", UriKind.Relative), Token);
            none.StatusCode.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task Telemetry_is_taken_from_those_who_have_the_key_and_shown_as_a_sign_of_life()
    {
        // ExportTraceServiceRequest { resource_spans { resource { attributes { key: "service.name" value { string: "talker" } } } } }
        byte[] export = [0x0A, 0x1E, 0x0A, 0x1C, 0x0A, 0x1A, 0x0A, 0x0C, .. "service.name"u8, 0x12, 0x08, 0x0A, 0x06, .. "talker"u8];
        (await ExportAsync("wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await TelemetryAsync()).ValueKind.ShouldBe(JsonValueKind.Null);

        (await ExportAsync(_dashboard.Access.TelemetryKey)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await TelemetryAsync()).ValueKind.ShouldBe(JsonValueKind.String);

        Task<HttpResponseMessage> ExportAsync(string key)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/traces") { Content = new ByteArrayContent(export) };
            request.Headers.Add(TelemetryReceiver.KeyHeader, key);
            return _operator.SendAsync(request, Token);
        }

        async Task<JsonElement> TelemetryAsync() =>
            (await _operator.GetFromJsonAsync<JsonElement>("/api/resources/talker", Token)).GetProperty("resource").GetProperty("telemetryAt");
    }

    private HttpClient Client() =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = new Uri(_dashboard.Address!) };

    private Task<HttpResponseMessage> CommandAsync(string id, string command) =>
        _operator.PostAsync(new Uri($"/api/resources/{id}/commands/{command}", UriKind.Relative), null, Token);

    private async Task<string?> StateAsync() =>
        (await _operator.GetFromJsonAsync<JsonElement>("/api/resources/talker", Token)).GetProperty("resource").GetProperty("state").GetString();

    private async Task<T> EventuallyAsync<T>(Func<Task<T>> ask, Func<T, bool> condition)
    {
        while (true)
        {
            var answer = await ask();
            if (condition(answer))
            {
                return answer;
            }

            await Task.Delay(50, Token);
        }
    }
}
