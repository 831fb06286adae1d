using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using Npgsql;

namespace LinkShort.Testing;

/// <summary>
/// Real PostgreSQL, Redis and RabbitMQ on free ports, with temporary data. Each service under test gets its own database,
/// its own virtual host and its own Redis database, so tests of one assembly run side by side.
/// </summary>
public sealed partial class Servers : IAsyncDisposable
{
    public const string Postgres = "postgres";
    public const string Redis = "cache";
    public const string RabbitMq = "messaging";
    private const string Management = $"{RabbitMq}-management";

    /// <summary>The <c>Internal:Key</c> of services under test.</summary>
    public const string InternalKey = "internal-key-of-the-tests-0123456789";

    /// <summary>The number of Redis databases that test servers are configured with.</summary>
    private const int RedisDatabases = 4096;

    /// <summary>
    /// The variable with the path of a file with the addresses of running servers, for all test projects of a run: see tests/TestServers.
    /// </summary>
    private const string SharedFile = "LINKSHORT_TEST_SERVERS";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private readonly RunningModel? _own;
    private readonly IReadOnlyDictionary<string, string?> _addresses;

    private readonly IReadOnlyDictionary<string, ServerProxy> _proxies;

    private Servers(RunningModel? own, IReadOnlyDictionary<string, string?> addresses, IReadOnlyDictionary<string, ServerProxy>? proxies = null) =>
        (_own, _addresses, _proxies) = (own, addresses, proxies ?? new Dictionary<string, ServerProxy>());

    /// <summary>The servers that <c>./linkshort test</c> started for the whole run; otherwise a new set. Must not be stopped.</summary>
    /// <param name="only">Names of the servers to start if none run; all three by default.</param>
    public static async Task<Servers> SharedAsync(params string[] only) => Environment.GetEnvironmentVariable(SharedFile) is { Length: > 0 } file
        ? new Servers(null, JsonSerializer.Deserialize<Dictionary<string, string?>>(await File.ReadAllTextAsync(file))!)
        : await StartAsync(only);

    /// <summary>A new set of servers, which the test may stop and start.</summary>
    /// <param name="only">Names of the servers to start; all three by default.</param>
    public static async Task<Servers> StartAsync(params string[] only)
    {
        string[] names = only.Length == 0 ? [Postgres, Redis, RabbitMq] : only;
        using var timeout = new CancellationTokenSource(StartTimeout);
        var model = await RunningModel.StartAsync<Projects.LinkShort_TestServers>([$"--ONLY={string.Join(',', names)}"], null, names, timeout.Token);
        try
        {
            var addresses = new Dictionary<string, string?>();
            foreach (var name in names)
            {
                addresses[name] = await model.App.GetConnectionStringAsync(name, timeout.Token);
            }

            if (names.Contains(RabbitMq))
            {
                addresses[Management] = model.App.GetEndpoint(RabbitMq, "management").AbsoluteUri;
            }

            return new Servers(model, addresses);
        }
        catch
        {
            await model.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The same servers behind proxies, which the test may stop and start without affecting other tests. Lost connections are enough to test a
    /// service; ServiceDefaults.Tests, Hosting.Tests and System.Tests stop real servers.
    /// </summary>
    public Servers BehindProxies()
    {
        var proxies = new Dictionary<string, ServerProxy>();
        var addresses = new Dictionary<string, string?>(_addresses);
        foreach (var name in new[] { Postgres, Redis, RabbitMq }.Where(Has))
        {
            addresses[name] = Port().Replace(ConnectionString(name), port =>
                (proxies[name] = new ServerProxy(int.Parse(port.Value, CultureInfo.InvariantCulture))).Port.ToString(CultureInfo.InvariantCulture));
        }

        return new Servers(null, addresses, proxies);
    }

    /// <summary>Connection strings and secrets for one service under test, with its own database, virtual host and Redis database.</summary>
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
        var server = ConnectionString(Postgres);
        var name = $"{prefix}_{Guid.NewGuid():N}";
        await using var source = NpgsqlDataSource.Create(server + ";Database=postgres;Pooling=false");
        await using var command = source.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync();
        // Small, because many services share one server in a test run.
        return $"{server};Database={name};Maximum Pool Size=20";
    }

    /// <summary>A connection string with a separate, empty Redis database.</summary>
    public async Task<string> NextRedisDatabaseAsync()
    {
        var options = StackExchange.Redis.ConfigurationOptions.Parse(ConnectionString(Redis));
        options.AllowAdmin = true;
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(options);
        // The counter is in database 0, so that the test projects of a run get different ones.
        var number = (int)await redis.GetDatabase(0).StringIncrementAsync("databases") % RedisDatabases;
        number = number == 0 ? 1 : number;
        await redis.GetServer(redis.GetEndPoints()[0]).FlushDatabaseAsync(number);
        return $"{ConnectionString(Redis)},defaultDatabase={number}";
    }

    /// <summary>A new virtual host, to separate queues of the same name. Returns the broker's address with it.</summary>
    public async Task<string> CreateVirtualHostAsync()
    {
        var name = Guid.NewGuid().ToString("N");
        var broker = new Uri(ConnectionString(RabbitMq));
        using var management = new HttpClient { BaseAddress = new Uri(_addresses[Management]!) };
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

    /// <summary>Stops a server like an outage: it does not respond until <see cref="StartAgainAsync"/>.</summary>
    public Task StopAsync(string name) => _proxies.TryGetValue(name, out var proxy) ? proxy.StopAsync() : Own.StopResourceAsync(name);

    /// <summary>Starts a stopped server on the same port with the same data, and waits until it is healthy.</summary>
    public async Task StartAgainAsync(string name)
    {
        if (_proxies.TryGetValue(name, out var proxy))
        {
            proxy.Start();
            return;
        }

        using var timeout = new CancellationTokenSource(StartTimeout);
        await Own.StartResourceAsync(name, timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies.Values)
        {
            await proxy.DisposeAsync();
        }

        if (_own is not null)
        {
            await _own.DisposeAsync();
        }
    }

    /// <summary>The port in a connection string of any of the three servers.</summary>
    [GeneratedRegex(@"(?<=(127\.0\.0\.1|localhost)(:|;Port=))\d+", RegexOptions.IgnoreCase)]
    private static partial Regex Port();

    private RunningModel Own => _own ?? throw new InvalidOperationException("Other test projects use these servers too: start your own.");

    private bool Has(string name) => _addresses.ContainsKey(name);

    private string ConnectionString(string name) => _addresses[name] ?? throw new InvalidOperationException($"'{name}' has no connection string.");
}
