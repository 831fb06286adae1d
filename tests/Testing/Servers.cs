using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;

namespace LinkShort.Testing;

/// <summary>
/// Real PostgreSQL, Redis and RabbitMQ on free ports, with temporary data. Each service under test gets its own database,
/// its own virtual host and its own Redis database, so tests of one assembly run side by side.
/// </summary>
public sealed class Servers : IAsyncDisposable
{
    public const string Postgres = "postgres";
    public const string Redis = "cache";
    public const string RabbitMq = "messaging";

    /// <summary>What services under test share as <c>Internal:Key</c>.</summary>
    public const string InternalKey = "internal-key-of-the-tests-0123456789";

    private const int RedisDatabases = 16;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    private readonly DistributedApplication _app;
    private int _redisDatabase = -1;

    private Servers(DistributedApplication app) => _app = app;

    /// <param name="only">Names of the servers to start; all three by default.</param>
    public static async Task<Servers> StartAsync(params string[] only)
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        bool Wanted(string name) => only.Length == 0 || only.Contains(name);
        if (Wanted(Postgres))
        {
            builder.AddPostgres(Postgres);
        }

        if (Wanted(Redis))
        {
            builder.AddRedis(Redis);
        }

        if (Wanted(RabbitMq))
        {
            builder.AddRabbitMQ(RabbitMq).WithManagementPlugin();
        }

        var app = await builder.BuildAsync();
        var servers = new Servers(app);
        try
        {
            using var timeout = new CancellationTokenSource(StartTimeout);
            await app.StartAsync(timeout.Token);
            await Task.WhenAll(builder.Resources.Where(resource => resource is not ParameterResource)
                .Select(resource => app.ResourceNotifications.WaitForResourceHealthyAsync(resource.Name, timeout.Token)));
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connection strings and secrets for one service under test, on a database, virtual host and Redis database of its own.</summary>
    /// <param name="connectionName">The service's database, e.g. <c>linksdb</c>; null for one without.</param>
    public async Task<Dictionary<string, string?>> SettingsAsync(string? connectionName, TokenIssuer? identity = null)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Internal:Key"] = InternalKey,
            ["services:identity:http:0"] = identity?.Address ?? "http://127.0.0.1:9",
        };
        if (Has(Postgres) && connectionName is not null)
        {
            settings[$"ConnectionStrings:{connectionName}"] = await CreateDatabaseAsync(connectionName);
        }

        if (Has(Redis))
        {
            settings["ConnectionStrings:cache"] = await NextRedisDatabaseAsync();
        }

        if (Has(RabbitMq))
        {
            settings["ConnectionStrings:messaging"] = await CreateVirtualHostAsync();
        }

        return settings;
    }

    /// <summary>A new, empty database. Returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string prefix)
    {
        var server = await ConnectionStringAsync(Postgres);
        var name = $"{prefix}_{Guid.NewGuid():N}";
        await using var source = NpgsqlDataSource.Create(server + ";Database=postgres;Pooling=false");
        await using var command = source.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync();
        // Many services' pools share one server in a test run.
        return $"{server};Database={name};Maximum Pool Size=20";
    }

    /// <summary>A connection string with the next of Redis's 16 databases, emptied.</summary>
    public async Task<string> NextRedisDatabaseAsync()
    {
        var number = Interlocked.Increment(ref _redisDatabase) % RedisDatabases;
        var connectionString = $"{await ConnectionStringAsync(Redis)},defaultDatabase={number}";
        var options = StackExchange.Redis.ConfigurationOptions.Parse(connectionString);
        options.AllowAdmin = true;
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(options);
        await redis.GetServer(redis.GetEndPoints()[0]).FlushDatabaseAsync(number);
        return connectionString;
    }

    /// <summary>A new virtual host, so that queues of the same name don't meet. Returns the broker's address with it.</summary>
    public async Task<string> CreateVirtualHostAsync()
    {
        var name = Guid.NewGuid().ToString("N");
        var broker = new Uri(await ConnectionStringAsync(RabbitMq));
        using var management = new HttpClient { BaseAddress = _app.GetEndpoint(RabbitMq, "management") };
        management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(broker.UserInfo))));
        using var created = await management.PutAsJsonAsync($"api/vhosts/{name}", new { });
        created.EnsureSuccessStatusCode();
        var user = Uri.UnescapeDataString(broker.UserInfo.Split(':')[0]);
        using var granted = await management.PutAsJsonAsync($"api/permissions/{name}/{user}", new { configure = ".*", write = ".*", read = ".*" });
        if (granted.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.NoContent))
        {
            granted.EnsureSuccessStatusCode();
        }

        return new UriBuilder(broker) { Path = name }.Uri.AbsoluteUri;
    }

    /// <summary>Ends a server as an outage would: nothing answers until <see cref="StartAgainAsync"/>.</summary>
    public Task StopAsync(string name) => _app.StopResourceAsync(name);

    /// <summary>Starts a stopped server on the same port with the same data, and waits until it is healthy.</summary>
    public async Task StartAgainAsync(string name)
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        await _app.StartResourceAsync(name, timeout.Token);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync(name, timeout.Token);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private bool Has(string name) => _app.Services.GetService(typeof(IResourceCollection)) is IResourceCollection resources
        && resources.Any(resource => resource.Name == name);

    private async Task<string> ConnectionStringAsync(string name) =>
        await _app.GetConnectionStringAsync(name) ?? throw new InvalidOperationException($"'{name}' has no connection string.");
}
