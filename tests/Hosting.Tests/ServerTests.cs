using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LinkShort.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace LinkShort.Hosting.Tests;

/// <summary>Real PostgreSQL, Redis and RabbitMQ, several of each on one machine.</summary>
public sealed class ServerTests(ITestOutputHelper output)
{
    private const string All = "postgres,cache,messaging";

    [Fact]
    public async Task Two_sets_of_servers_run_side_by_side_want_their_passwords_listen_on_loopback_and_leave_nothing()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await using var first = await StartAsync(All, limit.Token);
        await using var second = await StartAsync(All, limit.Token);
        foreach (var data in new[] { first.DataDirectory, second.DataDirectory })
        {
            Listeners(data).Count.ShouldBeGreaterThanOrEqualTo(6); // PostgreSQL, Redis, AMQP, management, distribution, epmd.
            Listeners(data).ShouldAllBe(address => IPAddress.IsLoopback(address.Address));
        }

        first.App.GetEndpoint("postgres", "tcp").ShouldNotBe(second.App.GetEndpoint("postgres", "tcp"));

        var right = (await first.App.GetConnectionStringAsync("postgres", limit.Token))!;
        await PostgresAsync(right, limit.Token);
        var wrong = new NpgsqlConnectionStringBuilder(right) { Password = "wrong" }.ConnectionString;
        (await Should.ThrowAsync<PostgresException>(() => PostgresAsync(wrong, limit.Token))).SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);

        using var redis = new TcpClient();
        await redis.ConnectAsync(IPAddress.Loopback, first.App.GetEndpoint("cache", "tcp").Port, limit.Token);
        using var reader = new StreamReader(redis.GetStream());
        await redis.GetStream().WriteAsync("PING\r\n"u8.ToArray(), limit.Token);
        (await reader.ReadLineAsync(limit.Token)).ShouldStartWith("-NOAUTH");

        var broker = new Uri((await first.App.GetConnectionStringAsync("messaging", limit.Token))!);
        await using (await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(limit.Token))
        {
        }

        var stranger = new ConnectionFactory { Uri = new UriBuilder(broker) { Password = "guest" }.Uri };
        (await Should.ThrowAsync<BrokerUnreachableException>(() => stranger.CreateConnectionAsync(limit.Token))).InnerException.ShouldBeOfType<AuthenticationFailureException>();
        using var management = first.App.CreateHttpClient("messaging", "management");
        (await management.GetAsync("/api/overview", limit.Token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var clock = Stopwatch.StartNew();
        foreach (var model in new[] { first, second })
        {
            var data = model.DataDirectory;
            Leftovers.Of(data).Count.ShouldBeGreaterThan(5);
            await model.DisposeAsync();
            Directory.Exists(data).ShouldBeFalse();
            await Leftovers.AreGoneAsync(data, TimeSpan.FromSeconds(5));
        }

        output.WriteLine($"both stopped in {clock.Elapsed.TotalSeconds:F1} s");
    }

    [Fact]
    public async Task A_killed_server_comes_back_with_its_data()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var model = await StartAsync("postgres,cache", limit.Token);
        var connectionString = (await model.App.GetConnectionStringAsync("postgres", limit.Token))!;
        await PostgresAsync(connectionString, limit.Token, "CREATE TABLE kept (it int); INSERT INTO kept VALUES (42)");

        foreach (var name in (string[])["postgres", "cache"])
        {
            var killed = model.Kill(name);
            await Eventually.PassesAsync(() =>
            {
                model.ProcessId(name).ShouldNotBeOneOf(0, killed);
                return Task.CompletedTask;
            }, TimeSpan.FromMinutes(1));
            await model.HealthyAsync(limit.Token, name);
        }

        (await Eventually.BecomesAsync(() => PostgresAsync(connectionString, limit.Token, "SELECT it FROM kept"), _ => true)).ShouldBe(42);
    }

    [Fact]
    public async Task A_server_that_is_stopped_and_started_keeps_its_port_and_data_each_time()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var model = await StartAsync("postgres", limit.Token);
        var connectionString = (await model.App.GetConnectionStringAsync("postgres", limit.Token))!;
        await PostgresAsync(connectionString, limit.Token, "CREATE TABLE kept (it int); INSERT INTO kept VALUES (42)");
        for (var time = 0; time < 5; time++)
        {
            await model.StopResourceAsync("postgres", limit.Token);
            await Should.ThrowAsync<NpgsqlException>(() => PostgresAsync(connectionString, limit.Token));
            await model.StartResourceAsync("postgres", limit.Token);
            (await PostgresAsync(connectionString, limit.Token, "SELECT it FROM kept")).ShouldBe(42);
        }
    }

    [Fact]
    public async Task What_an_operator_stops_stays_stopped()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var model = await StartAsync("cache", limit.Token);
        await model.StopResourceAsync("cache", limit.Token);
        // Longer than the pause before a restart.
        var again = model.App.ResourceNotifications.WaitForResourceAsync("cache", KnownResourceStates.Running, limit.Token);
        (await Task.WhenAny(again, Task.Delay(TimeSpan.FromSeconds(2), limit.Token))).ShouldNotBe(again);
        await model.StartResourceAsync("cache", limit.Token);
    }

    private static async Task<object?> PostgresAsync(string connectionString, CancellationToken cancellationToken, string sql = "SELECT 1")
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Database=postgres;Pooling=false");
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

    private async Task<RunningModel> StartAsync(string only, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var model = await RunningModel.StartAsync<Projects.LinkShort_TestServers>([$"--ONLY={only}"], null, only.Split(','), cancellationToken);
        output.WriteLine($"{only} healthy after {clock.Elapsed.TotalSeconds:F1} s");
        return model;
    }
}
