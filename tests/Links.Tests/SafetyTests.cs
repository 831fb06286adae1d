using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Links.Tests;

public sealed class SafetyTests(LinksFixture fixture)
{
    private const string Suspensions = "/internal/suspensions";

    [Fact]
    public async Task A_destination_on_the_list_is_refused_at_its_field_and_a_new_list_applies_immediately()
    {
        using var logs = new LogTap();
        var file = Path.Combine(Directory.CreateTempSubdirectory("blocklist-").FullName, "list.txt");
        await File.WriteAllTextAsync(file, "evil.example\n");
        await using var links = await fixture.StartAsync(new() { ["Blocklist:Source"] = file }, services => services.AddSingleton<ILoggerProvider>(logs));
        using var client = links.ClientOf();

        // From the first request on.
        Refused(await client.CreateAsync(new { url = "https://www.EVIL.example/x" }), "url", "dangerous");
        var link = await client.CreatedAsync(new { url = "https://other.example/" });
        Refused(await client.ChangeAsync(link["id"]!, new { url = "http://evil.example:8080/" }), "url", "dangerous");

        // Every other field with a URL that visitors can reach.
        const string Evil = "https://evil.example/";
        Refused(await client.CreateAsync(new { url = "https://example.com/", expiredUrl = Evil }), "expiredUrl", "dangerous");
        Refused(await client.CreateAsync(new { url = "https://example.com/", rules = new[] { new { when = new { country = new[] { "DE" } }, url = Evil } } }), "rules[0].url", "dangerous");
        Refused(await client.CreateAsync(new { url = "https://example.com/", variants = new[] { new { weight = 1, url = "https://example.com/" }, new { weight = 1, url = Evil } } }), "variants[1].url", "dangerous");
        Refused(await client.CreateAsync(new { url = "https://example.com/", deepLinks = new { ios = Evil } }), "deepLinks.ios", "dangerous");

        await WriteAsideAsync(file, "other.example\n");
        await Eventually.PassesAsync(async () =>
            (await client.CreateAsync(new { url = "https://evil.example/" })).Status.ShouldBe(HttpStatusCode.Created));
        Refused(await client.CreateAsync(new { url = "https://other.example/" }), "url", "dangerous");
        // An existing link can still be changed and archived; only new destinations are checked.
        (await client.ChangeAsync(link["id"]!, new { title = "mine" })).Status.ShouldBe(HttpStatusCode.OK);

        // The list is damaged, then missing: the last good one stays in force, and health reports why.
        await WriteAsideAsync(file, "other.example\nevil.example\nwhat is this\n");
        await WarnsAsync(links, logs, file, "line 3");
        Refused(await client.CreateAsync(new { url = "https://other.example/" }), "url", "dangerous");
        File.Delete(file);
        await WriteAsideAsync(file, "third.example\n");
        await Eventually.PassesAsync(async () => Refused(await client.CreateAsync(new { url = "https://third.example/" }), "url", "dangerous"));
        (await client.CreateAsync(new { url = "https://other.example/" })).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_list_can_be_downloaded_and_is_only_downloaded_again_if_it_has_changed()
    {
        using var logs = new LogTap();
        await using var publisher = await ListPublisher.StartAsync();
        publisher.Text = "evil.example\n";
        await using var links = await fixture.StartAsync(
            new() { ["Blocklist:Source"] = publisher.Address, ["Blocklist:RefreshSeconds"] = "1", ["Blocklist:MaxBytes"] = "2048" },
            services => services.AddSingleton<ILoggerProvider>(logs));
        using var client = links.ClientOf();

        await Eventually.PassesAsync(async () => Refused(await client.CreateAsync(new { url = "https://evil.example/" }), "url", "dangerous"));
        await Eventually.BecomesAsync(() => Task.FromResult(publisher.Unchanged), times => times >= 1);
        publisher.Sent.ShouldBe(1);

        publisher.Text = "other.example\n";
        await Eventually.PassesAsync(async () => Refused(await client.CreateAsync(new { url = "https://other.example/" }), "url", "dangerous"));
        publisher.Sent.ShouldBe(2);

        // Too large, an error page, an empty response.
        publisher.Text = string.Concat(Enumerable.Range(0, 300).Select(i => $"host{i}.example\n"));
        await WarnsAsync(links, logs, publisher.Address, "Blocklist__MaxBytes");
        publisher.Text = "<html>";
        await WarnsAsync(links, logs, publisher.Address, "line 1");
        publisher.Text = null;
        await WarnsAsync(links, logs, publisher.Address, "500");
        Refused(await client.CreateAsync(new { url = "https://other.example/" }), "url", "dangerous");
    }

    [Fact]
    public async Task In_a_suspended_workspace_nothing_can_be_created_or_changed_until_it_is_restored()
    {
        using var client = fixture.Links.ClientOf();
        using var neighbour = fixture.Links.ClientOf();
        using var operators = fixture.Links.Internal();
        var link = await client.CreatedAsync();

        await PutAsync(operators, $"workspace?target={client.Workspace}&reason=spam");
        var created = await client.CreateAsync(new { url = "https://example.com/" });
        created.Status.ShouldBe(HttpStatusCode.Forbidden);
        ((string)created.Json["type"]!).ShouldBe("/problems/workspace-suspended");
        (await client.ChangeAsync(link["id"]!, new { title = "x" })).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await client.DeleteAsync(link["id"]!)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await client.GetAsync(link["id"]!)).Status.ShouldBe(HttpStatusCode.OK);
        await neighbour.CreatedAsync();

        (await operators.DeleteAsync($"{Suspensions}/workspace?target={client.Workspace}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await client.CreatedAsync();
        (await operators.DeleteAsync($"{Suspensions}/workspace?target={client.Workspace}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_suspended_host_is_refused_with_its_subdomains_at_its_field()
    {
        using var client = fixture.Links.ClientOf();
        using var operators = fixture.Links.Internal();
        var host = $"{Guid.NewGuid():N}.example";

        await PutAsync(operators, $"host?target={Uri.EscapeDataString($"HTTPS://{host.ToUpperInvariant()}./x")}");
        Refused(await client.CreateAsync(new { url = $"https://a.{host}:444/x" }), "url", "suspended");
        (await client.CreateAsync(new { url = $"https://not{host}/" })).Status.ShouldBe(HttpStatusCode.Created);

        (await operators.DeleteAsync($"{Suspensions}/host?target={host}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.CreateAsync(new { url = $"https://{host}/" })).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_link_is_suspended_by_id_code_or_short_URL_and_listed_with_an_increasing_revision()
    {
        using var client = fixture.Links.ClientOf();
        using var operators = fixture.Links.Internal();
        var before = (long)(await ListAsync(operators))["revision"]!;
        var links = new[] { await client.CreatedAsync(), await client.CreatedAsync(), await client.CreatedAsync(new { url = "https://example.com/", code = $"ü/{Guid.NewGuid():N}" }) };

        await PutAsync(operators, $"link?target={links[0]["id"]}");
        await PutAsync(operators, $"link?target={links[1]["code"]}&reason=phishing");
        await PutAsync(operators, $"link?target={Uri.EscapeDataString((string)links[2]["shortUrl"]!)}");

        var list = await ListAsync(operators);
        var items = list["items"]!.AsArray().Where(item => links.Any(link => (string)link["id"]! == (string)item!["target"]!)).ToList();
        items.Count.ShouldBe(3);
        items.ShouldAllBe(item => (string)item!["kind"]! == "link" && (bool)item["suspended"]!);
        items.Single(item => (string)item!["target"]! == (string)links[1]["id"]!)!["reason"]!.ToString().ShouldBe("phishing");
        ((long)list["revision"]!).ShouldBeGreaterThan(before);
        (await operators.GetStringAsync($"{Suspensions}?format=text")).ShouldContain((string)links[1]["id"]!);
    }

    [Theory]
    [InlineData("link?target=nothing-of-this-code")]
    [InlineData("link")]
    [InlineData("workspace?target=acme")]
    [InlineData("host?target=com")]
    [InlineData("host?target=")]
    [InlineData("planet?target=mars")]
    public async Task An_invalid_target_is_a_bad_request(string what)
    {
        using var operators = fixture.Links.Internal();
        (await operators.PutAsync($"{Suspensions}/{what}", null)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Suspensions_are_not_for_users()
    {
        using var client = fixture.Links.ClientOf();
        (await client.SendAsync(HttpMethod.Get, Suspensions)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await client.SendAsync(HttpMethod.Put, $"{Suspensions}/host?target=example.com")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await client.SendAsync(HttpMethod.Delete, $"{Suspensions}/host?target=example.com")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task PutAsync(HttpClient operators, string what)
    {
        using var answer = await operators.PutAsync($"{Suspensions}/{what}", null);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<JsonObject> ListAsync(HttpClient operators) => (await operators.GetFromJsonAsync<JsonObject>(Suspensions))!;

    private static void Refused(ApiAnswer answer, string field, string word)
    {
        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Text);
        answer.Json["errors"]![field]!.ToString().ShouldContain(word);
    }

    private static async Task WarnsAsync(LinksService links, LogTap logs, params string[] words)
    {
        await Eventually.PassesAsync(() =>
        {
            logs.Warnings.ShouldContain(warning => words.All(word => warning.Contains(word, StringComparison.Ordinal)));
            return Task.CompletedTask;
        });
        using var http = links.Anonymous();
        await Eventually.PassesAsync(async () => (await http.GetStringAsync("/health")).ShouldContain("\"block list\":\"degraded\""));
    }

    /// <summary>Replaces the file atomically.</summary>
    private static async Task WriteAsideAsync(string file, string text)
    {
        await File.WriteAllTextAsync(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>The service's health report.</summary>
    private sealed class LogTap : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _warnings = new();

        public IReadOnlyCollection<string> Warnings => _warnings;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                _warnings.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
            // Keeps the list that it has.
        }
    }

    /// <summary>Serves a list with an ETag.</summary>
    private sealed class ListPublisher : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private int _sent;
        private int _unchanged;

        private ListPublisher(WebApplication app) => _app = app;

        /// <summary>Null for an error.</summary>
        public string? Text { get; set; } = "";

        public int Sent => Volatile.Read(ref _sent);

        public int Unchanged => Volatile.Read(ref _unchanged);

        public string Address => _app.Urls.First() + "/list";

        public static async Task<ListPublisher> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var publisher = new ListPublisher(app);
            app.MapGet("/list", publisher.Answer);
            await app.StartAsync();
            return publisher;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private IResult Answer(HttpRequest request, HttpResponse response)
        {
            if (Text is not { } text)
            {
                return Results.StatusCode(500);
            }

            var tag = $"\"{text.Length}-{text.GetHashCode(StringComparison.Ordinal)}\"";
            if (request.Headers.IfNoneMatch == tag)
            {
                Interlocked.Increment(ref _unchanged);
                return Results.StatusCode(304);
            }

            Interlocked.Increment(ref _sent);
            response.Headers.ETag = tag;
            return Results.Text(text);
        }
    }
}
