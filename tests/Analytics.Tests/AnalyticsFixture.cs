using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Clicks;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

[assembly: AssemblyFixture(typeof(LinkShort.Analytics.Tests.AnalyticsFixture))]

namespace LinkShort.Analytics.Tests;

/// <summary>Servers, and an analytics service shared by tests that stop nothing; each test has its own workspaces.</summary>
public sealed class AnalyticsFixture : IAsyncLifetime
{
    private readonly ServersFixture _servers = new();

    public Servers Servers => _servers.Servers;

    public AnalyticsUnderTest Service { get; private set; } = null!;

    /// <summary>Starts a service with its own database and virtual host.</summary>
    public Task<AnalyticsUnderTest> StartAnotherAsync(params (string Key, string Value)[] settings) =>
        AnalyticsUnderTest.StartAsync(_servers.Servers, _servers.Identity, settings);

    public async ValueTask InitializeAsync()
    {
        await _servers.InitializeAsync();
        Service = await StartAnotherAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Service is not null)
        {
            await Service.DisposeAsync();
        }

        await _servers.DisposeAsync();
    }
}

/// <summary>The service with a stand-in for links, and helpers for tests.</summary>
public sealed class AnalyticsUnderTest : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly TokenIssuer _identity;
    private readonly Dictionary<string, string?> _settings;
    private readonly List<ServiceFactory<Program>> _replicas = [];

    private AnalyticsUnderTest(Dictionary<string, string?> settings, TokenIssuer identity, LinksStandIn links)
    {
        (_settings, _identity, Links) = (settings, identity, links);
    }

    public LinksStandIn Links { get; }

    public TokenIssuer Identity => _identity;

    public IServiceProvider Services => _replicas[0].Services;

    public string ConnectionString => _settings["ConnectionStrings:analyticsdb"]!;

    public Uri Broker => new(_settings["ConnectionStrings:messaging"]!);

    public static async Task<AnalyticsUnderTest> StartAsync(Servers servers, TokenIssuer identity, params (string Key, string Value)[] more)
    {
        var links = await LinksStandIn.StartAsync();
        var settings = await servers.SettingsAsync("analyticsdb", identity);
        settings["services:links:http:0"] = links.Address;
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        var service = new AnalyticsUnderTest(settings, identity, links);
        await service.AddReplicaAsync();
        return service;
    }

    /// <summary>Adds a replica, which is a separate process to the database and the broker.</summary>
    public async Task AddReplicaAsync(bool waitUntilReady = true)
    {
        var replica = new ServiceFactory<Program>(_settings);
        _replicas.Add(replica);
        using var client = replica.CreateClient();
        if (!waitUntilReady)
        {
            return;
        }

        // Messages published before its queues exist would be lost.
        await Eventually.PassesAsync(async () => (await client.GetAsync("/health")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK));
    }

    /// <summary>A replica that a test kills.</summary>
    public async Task<ServiceProcess> StartProcessAsync()
    {
        var limit = TimeSpan.FromSeconds(60);
        var process = await ServiceProcess.StartAsync("Analytics", _settings, limit);
        await Eventually.PassesAsync(async () => (await process.Http.GetAsync("/health")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK), limit);
        return process;
    }

    /// <summary>Stops all replicas, so that messages wait in the queues.</summary>
    public async Task StopReplicasAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        _replicas.Clear();
    }

    public Task PublishAsync<T>(T message) where T : class => Services.GetRequiredService<IBus>().Publish(message);

    public Task RecordAsync(params Click[] clicks) => PublishAsync(new ClicksRecorded(Guid.CreateVersion7(), clicks));

    /// <summary>Publishes clicks in redirect's packed form.</summary>
    public Task RecordPackedAsync(params Click[] clicks) => PublishAsync(new ClicksRecorded(Guid.CreateVersion7(), []) { Packed = ClickBatch.Pack(clicks) });

    /// <summary>Waits until every raw click is in the rollups.</summary>
    public Task RolledUpAsync() =>
        Eventually.PassesAsync(async () => (await RowAsync("select count(*) from unrolled_batches")).ShouldBe(0L));

    /// <summary>Creates a link and waits until the service knows it.</summary>
    public async Task<(Guid Workspace, Guid Link)> KnownLinkAsync(Guid? workspace = null)
    {
        var (workspaceId, link) = (workspace ?? Guid.CreateVersion7(), Guid.CreateVersion7());
        await PublishAsync(new LinkChanged(new LinkSnapshot(
            link, workspaceId, "", link.ToString("N")[^7..], "https://example.com/", 302, null, null, Archived: false, Version: 1, TimeProvider.System.GetUtcNow())));
        await Eventually.PassesAsync(async () => (await RowAsync("select 1 from links where workspace_id = $1 and link_id = $2", workspaceId, link)).ShouldBe(1));
        return (workspaceId, link);
    }

    public HttpClient Client(Guid workspace, params string[] scopes) =>
        _replicas[0].CreateClient(_identity.Token(workspace, scopes: scopes.Length == 0 ? null : scopes));

    /// <summary>Collects what an instrument of the first replica records from now on.</summary>
    public Measurements<T> Collect<T>(string instrument) where T : struct, System.Numerics.INumber<T> =>
        new(Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), instrument);

    /// <summary>A client with the internal key, as operators' commands use.</summary>
    public HttpClient InternalClient() => _replicas[0].CreateInternalClient();

    public HttpClient AnonymousClient() => _replicas[0].CreateClient();

    public HttpClient ForgedClient(Guid workspace) => _replicas[0].CreateClient(TokenIssuer.ForgedToken(workspace));

    public async Task<AnalyticsResponse> AnalyticsAsync(Guid workspace, Guid link, string query = "")
    {
        using var client = Client(workspace);
        return (await client.GetFromJsonAsync<AnalyticsResponse>($"/api/v1/links/{link}/analytics{query}", Json))!;
    }

    public async Task<AnalyticsResponse> WorkspaceAnalyticsAsync(Guid workspace, string query = "")
    {
        using var client = Client(workspace);
        return (await client.GetFromJsonAsync<AnalyticsResponse>($"/api/v1/analytics{query}", Json))!;
    }

    /// <summary>Waits until the link has this many clicks, bots included.</summary>
    public Task<AnalyticsResponse> CountedAsync(Guid workspace, Guid link, long clicks, string query = "", TimeSpan? within = null) =>
        Eventually.BecomesAsync(
            () => AnalyticsAsync(workspace, link, query),
            answer => answer.Totals.Clicks + answer.Totals.BotClicks >= clicks,
            within);

    /// <summary>Runs a query on a separate connection with the application name <c>test</c>.</summary>
    public async Task<object?> RowAsync(string sql, params object[] parameters)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString + ";Pooling=false;Application Name=test");
        await using var command = source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopReplicasAsync();
        await Links.DisposeAsync();
    }
}

/// <summary>Answers <c>GET /api/v1/links/{id}</c> as links would, for links that a test configures.</summary>
public sealed class LinksStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, int> _answers = new();
    private readonly System.Collections.Concurrent.ConcurrentQueue<(Guid Link, string Authorization)> _asked = new();

    private LinksStandIn(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>The authorization of each request for this link.</summary>
    public IEnumerable<string> AskedFor(Guid link) => _asked.Where(asked => asked.Link == link).Select(asked => asked.Authorization);

    public void Answer(Guid link, int status) => _answers[link] = status;

    public static async Task<LinksStandIn> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var standIn = new LinksStandIn(app);
        app.MapGet("/api/v1/links/{id}", (Guid id, HttpRequest request) =>
        {
            standIn._asked.Enqueue((id, request.Headers.Authorization.ToString()));
            var status = standIn._answers.GetValueOrDefault(id, 404);
            return status == 200
                ? Results.Json(new { id, code = "abcdefg", version = 3, createdAt = "2026-11-01T00:00:00Z" })
                : Results.StatusCode(status);
        });
        await app.StartAsync();
        return standIn;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>Clicks, of a browser by default.</summary>
public static class Clicks
{
    public const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

    public static Click Of(
        (Guid Workspace, Guid Link) link,
        DateTimeOffset? at = null,
        long? visitor = 1,
        string? userAgent = Firefox,
        string? referrer = null,
        string? acceptLanguage = "de-AT,de;q=0.9,en;q=0.5",
        string? purpose = null) =>
        new(Guid.CreateVersion7(), link.Link, link.Workspace, at ?? TimeProvider.System.GetUtcNow(), visitor, userAgent, referrer, acceptLanguage, purpose);

    public static string Query(DateTimeOffset time) => Uri.EscapeDataString(time.ToString("O", CultureInfo.InvariantCulture));
}
