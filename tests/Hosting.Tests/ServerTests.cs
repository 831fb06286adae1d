using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace LinkShort.Hosting.Tests;

/// <summary>Real PostgreSQL, Redis and RabbitMQ, several of each on one machine.</summary>
public sealed class ServerTests(ITestOutputHelper output)
{
    private static readonly string[] Names = ["linksdb", "cache", "messaging"];

    [Fact]
    public async Task Two_sets_of_servers_run_side_by_side_want_their_passwords_listen_on_loopback_and_leave_nothing()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        await using var first = await StartAsync(limit.Token);
        await using var second = await StartAsync(limit.Token);
        foreach (var app in new[] { first, second })
        {
            var data = app.GetDataDirectory();
            Listeners(data).Count.ShouldBeGreaterThanOrEqualTo(6); // PostgreSQL, Redis, AMQP, management, distribution, epmd.
            Listeners(data).ShouldAllBe(address => IPAddress.IsLoopback(address.Address));
        }

        first.GetEndpoint("postgres").ShouldNotBe(second.GetEndpoint("postgres"));

        var right = (await first.GetConnectionStringAsync("linksdb", limit.Token))!;
        await PostgresAsync(right, limit.Token);
        var wrong = new NpgsqlConnectionStringBuilder(right) { Password = "wrong" }.ConnectionString;
        (await Should.ThrowAsync<PostgresException>(() => PostgresAsync(wrong, limit.Token))).SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);

        using var redis = new TcpClient();
        await redis.ConnectAsync(IPAddress.Loopback, first.GetEndpoint("cache").Port, limit.Token);
        using var reader = new StreamReader(redis.GetStream());
        await redis.GetStream().WriteAsync("PING\r\n"u8.ToArray(), limit.Token);
        (await reader.ReadLineAsync(limit.Token)).ShouldStartWith("-NOAUTH");

        var broker = new Uri((await first.GetConnectionStringAsync("messaging", limit.Token))!);
        await using (await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(limit.Token))
        {
        }

        var stranger = new ConnectionFactory { Uri = new UriBuilder(broker) { Password = "guest" }.Uri };
        (await Should.ThrowAsync<BrokerUnreachableException>(() => stranger.CreateConnectionAsync(limit.Token))).InnerException.ShouldBeOfType<AuthenticationFailureException>();
        using var management = first.CreateHttpClient("messaging", "management");
        (await management.GetAsync("/api/overview", limit.Token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var clock = Stopwatch.StartNew();
        foreach (var app in new[] { first, second })
        {
            var data = app.GetDataDirectory();
            Leftovers.Of(data).Count.ShouldBeGreaterThan(5);
            await app.DisposeAsync();
            Directory.Exists(data).ShouldBeFalse();
            Leftovers.Of(data).ShouldBeEmpty();
        }

        output.WriteLine($"both stopped in {clock.Elapsed.TotalSeconds:F1} s");
    }

    [Fact]
    public async Task A_killed_server_comes_back_with_its_data()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddPostgres("postgres").AddDatabase("linksdb");
        builder.AddRedis("cache").WithPersistence();
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("linksdb", limit.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("cache", limit.Token);
        var connectionString = (await app.GetConnectionStringAsync("linksdb", limit.Token))!;
        await PostgresAsync(connectionString, limit.Token, "CREATE TABLE kept (it int); INSERT INTO kept VALUES (42)");

        app.Kill("postgres").Count.ShouldBe(1);
        app.Kill("cache").Count.ShouldBe(1);
        foreach (var name in new[] { "postgres", "cache" })
        {
            await app.ResourceNotifications.WaitForResourceAsync(name, change => change.Snapshot.Restarts > 0, limit.Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync(name, limit.Token);
        }

        (await PostgresAsync(connectionString, limit.Token, "SELECT it FROM kept")).ShouldBe(42);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("linksdb", limit.Token);
    }

    private static async Task<object?> PostgresAsync(string connectionString, CancellationToken cancellationToken, string sql = "SELECT 1")
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private static List<IPEndPoint> Listeners(string dataDirectory)
    {
        var sockets = Leftovers.Of(dataDirectory)
            .SelectMany(process => Directory.EnumerateFiles($"/proc/{process.Split(' ')[0]}/fd"))
            .Select(file => new FileInfo(file).LinkTarget ?? "")
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal))
            .Select(target => target[8..^1])
            .ToHashSet();
        return [.. File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == "0A" && sockets.Contains(fields[9]))
            .Select(fields => fields[1].Split(':'))
            .Select(address => new IPEndPoint(Address(address[0]), Convert.ToInt32(address[1], 16)))];

        // The kernel writes 32-bit words in host order: little-endian here.
        static IPAddress Address(string text) => new([.. Convert.FromHexString(text).Chunk(4).SelectMany(word => word.Reverse())]);
    }

    private async Task<DistributedApplication> StartAsync(CancellationToken cancellationToken)
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddPostgres("postgres").AddDatabase("linksdb");
        builder.AddRedis("cache").WithPersistence();
        builder.AddRabbitMQ("messaging").WithManagementPlugin();
        var clock = Stopwatch.StartNew();
        var app = await builder.BuildAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        foreach (var name in Names)
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(name, cancellationToken);
            output.WriteLine($"{name} {clock.Elapsed.TotalSeconds:F1} s");
        }

        return app;
    }
}
