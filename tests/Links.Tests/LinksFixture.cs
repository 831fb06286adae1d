using Dapper;
using LinkShort.Links.Tests;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(LinksFixture))]

namespace LinkShort.Links.Tests;

/// <summary>Real servers and one link service, shared by all tests. Each test has its own workspace.</summary>
public sealed class LinksFixture : IAsyncLifetime
{
    private readonly ServersFixture _servers = new();

    public Servers Servers => _servers.Servers;

    public TokenIssuer Identity => _servers.Identity;

    public LinksService Links { get; private set; } = null!;

    /// <summary>The events of the shared service.</summary>
    public EventTap Events { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _servers.InitializeAsync();
        Links = await StartAsync();
        Events = await EventTap.StartAsync(Links.Messaging);
    }

    /// <summary>Another link service with its own database and virtual host, for tests that change more than their workspace.</summary>
    public async Task<LinksService> StartAsync(Dictionary<string, string?>? extra = null, Action<IServiceCollection>? services = null) =>
        LinksService.Start(await Servers.SettingsAsync("linksdb", Identity), Identity, extra, services);

    public async ValueTask DisposeAsync()
    {
        if (Events is not null)
        {
            await Events.DisposeAsync();
        }

        if (Links is not null)
        {
            await Links.DisposeAsync();
        }

        await _servers.DisposeAsync();
    }
}

/// <summary>A running link service and its database.</summary>
public sealed class LinksService : IAsyncDisposable
{
    private readonly ServiceFactory<Program> _factory;
    private readonly Dictionary<string, string?> _settings;
    private readonly TokenIssuer _identity;

    private LinksService(Dictionary<string, string?> settings, TokenIssuer identity, Action<IServiceCollection>? services)
    {
        _settings = settings;
        _identity = identity;
        _factory = new ServiceFactory<Program>(settings, services);
        Database = NpgsqlDataSource.Create(settings["ConnectionStrings:linksdb"]!);
    }

    public static LinksService Start(
        Dictionary<string, string?> settings, TokenIssuer identity, Dictionary<string, string?>? extra = null, Action<IServiceCollection>? services = null)
    {
        foreach (var (key, value) in extra ?? [])
        {
            settings[key] = value;
        }

        var links = new LinksService(settings, identity, services);
        // Creating the first client starts the host.
        links._factory.CreateClient().Dispose();
        return links;
    }

    public string Messaging => _settings["ConnectionStrings:messaging"]!;

    public NpgsqlDataSource Database { get; }

    public IServiceProvider Services => _factory.Services;

    /// <summary>The settings, for another process of the same service.</summary>
    public Dictionary<string, string?> Settings => new(_settings);

    /// <summary>A signed-in user; by default of a new workspace.</summary>
    public ApiClient ClientOf(Guid? workspace = null, Guid? user = null, params string[] scopes)
    {
        var id = workspace ?? Guid.CreateVersion7();
        return new ApiClient(_factory.CreateClient(_identity.Token(id, user, scopes.Length == 0 ? null : scopes)), id);
    }

    public HttpClient Internal() => _factory.CreateInternalClient();

    public HttpClient Anonymous(string? token = null) => token is null ? _factory.CreateClient() : _factory.CreateClient(token);

    /// <summary>The content of every table as text, to show that nothing has changed. Attempts to publish, and totals that follow seconds later, are excluded.</summary>
    public async Task<string> ContentsAsync()
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<string>("""
            select concat_ws(E'\n',
                (select string_agg(l::text, E'\n' order by id) from links l),
                (select string_agg(c::text, E'\n' order by code_key) from link_codes c),
                (select string_agg(u::text, E'\n' order by id) from utm_templates u),
                (select string_agg(q::text, E'\n' order by workspace_id) from qr_logos q),
                (select string_agg((message_id, type, body)::text, E'\n' order by position) from outbox where type <> 'UsageCounted'),
                (select string_agg(k::text, E'\n' order by key) from idempotency_keys k))
            """) ?? "";
    }

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        await Database.DisposeAsync();
    }
}
