using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Testing;
using LinkShort.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace LinkShort.Hosting.Tests;

/// <summary>Real PostgreSQL, Redis and RabbitMQ, several of each on one machine.</summary>
public sealed class ServerSetsTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Two_sets_of_servers_run_side_by_side_require_their_passwords_listen_on_loopback_and_leave_nothing()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var both = await Task.WhenAll(StartAsync(limit.Token), StartAsync(limit.Token));
        await using var first = both[0];
        await using var second = both[1];
        foreach (var data in new[] { first.DataDirectory, second.DataDirectory })
        {
            Listeners(data).Count.ShouldBeGreaterThanOrEqualTo(6); // PostgreSQL, Redis, AMQP, management, distribution, epmd.
            Listeners(data).ShouldAllBe(address => IPAddress.IsLoopback(address.Address));
        }

        if (Environment.UserName == "root")
        {
            foreach (var (program, account) in new[] { ("postgres", "postgres"), ("redis-server", "redis"), ("beam.smp", "rabbitmq"), ("epmd", "rabbitmq") })
            {
                AccountsOf(first.DataDirectory, program).ShouldBe([account], $"{program} is dropped to its package's account");
            }
        }

        first.App.GetEndpoint("postgres", "tcp").ShouldNotBe(second.App.GetEndpoint("postgres", "tcp"));

        var right = (await first.App.GetConnectionStringAsync("postgres", limit.Token))!;
        await Postgres.AskAsync(right, limit.Token);
        var wrong = new NpgsqlConnectionStringBuilder(right) { Password = "wrong" }.ConnectionString;
        (await Should.ThrowAsync<PostgresException>(() => Postgres.AskAsync(wrong, limit.Token))).SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);

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
        await Task.WhenAll(both.Select(async model =>
        {
            var data = model.DataDirectory;
            Leftovers.Of(data).Count.ShouldBeGreaterThan(5);
            await model.DisposeAsync();
            Directory.Exists(data).ShouldBeFalse();
            await Leftovers.AreGoneAsync(data, TimeSpan.FromSeconds(5));
        }));

        output.WriteLine($"both stopped in {clock.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>The distinct names of the accounts as which the program's processes run.</summary>
    private static List<string> AccountsOf(string dataDirectory, string program)
    {
        var names = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).ToLookup(fields => fields[2], fields => fields[0]);
        return [.. Leftovers.Of(dataDirectory)
            .Select(process => $"/proc/{process.Split(' ')[0]}")
            .Where(process => File.ReadAllText(Path.Combine(process, "comm")).Trim() == program)
            .Select(process => File.ReadLines(Path.Combine(process, "status")).First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2])
            .Distinct()
            .Select(id => names[id].First())];
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

    private async Task<RunningModel> StartAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var model = await RunningModel.StartAsync<Projects.LinkShort_TestServers>([], null, ["postgres", "cache", "messaging"], cancellationToken);
        output.WriteLine($"healthy after {clock.Elapsed.TotalSeconds:F1} s");
        return model;
    }
}
