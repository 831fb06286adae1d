using System.Diagnostics;
using Npgsql;

namespace LinkShort.Hosting.Tests;

public sealed class ServerTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_three_servers_start_together_and_leave_nothing_behind()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var builder = DistributedApplicationTestingBuilder.Create();
        var postgres = builder.AddPostgres("postgres");
        var links = postgres.AddDatabase("linksdb");
        builder.AddRedis("cache").WithPersistence();
        builder.AddRabbitMQ("messaging").WithManagementPlugin();
        var clock = Stopwatch.StartNew();
        var app = await builder.BuildAsync(limit.Token);
        string data;
        List<int> processes;
        await using (app)
        {
            await app.StartAsync(limit.Token);
            data = app.GetDataDirectory();
            try
            {
                foreach (var name in new[] { "linksdb", "cache", "messaging" })
                {
                    await app.ResourceNotifications.WaitForResourceHealthyAsync(name, limit.Token);
                    output.WriteLine($"{name} {clock.Elapsed.TotalSeconds:F1} s");
                }
            }
            catch
            {
                foreach (var name in new[] { "postgres", "linksdb", "cache", "messaging" })
                {
                    output.WriteLine($"--- {name}\n{string.Join('\n', app.GetConsoleLines(name))}");
                }

                throw;
            }

            await using var connection = new NpgsqlConnection(await links.Resource.ConnectionStringExpression.GetValueAsync(limit.Token));
            await connection.OpenAsync(limit.Token);
            await using var query = new NpgsqlCommand("SELECT current_database()", connection);
            (await query.ExecuteScalarAsync(limit.Token)).ShouldBe("linksdb");
            processes = [.. new[] { "postgres", "cache", "messaging" }.SelectMany(name => app.GetProcessIds(name))];
            processes.Count.ShouldBe(3);
            output.WriteLine($"stopping {clock.Elapsed.TotalSeconds:F1} s");
        }

        output.WriteLine($"stopped {clock.Elapsed.TotalSeconds:F1} s");
        Directory.Exists(data).ShouldBeFalse();
        processes.ShouldAllBe(id => !Directory.Exists($"/proc/{id}"));
    }
}
