using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LinkShort.Testing;
using Npgsql;

namespace LinkShort.Hosting.Tests;

/// <summary>A PostgreSQL and a Redis that are killed, stopped and started; each test leaves them running at its end.</summary>
public sealed class ServerTests(ServerTests.Servers servers) : IClassFixture<ServerTests.Servers>
{
    [Fact]
    public async Task A_killed_server_comes_back_with_its_data()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var connectionString = (await servers.Model.App.GetConnectionStringAsync("postgres", limit.Token))!;
        await Postgres.AskAsync(connectionString, limit.Token, "CREATE TABLE killed (it int); INSERT INTO killed VALUES (42)");

        foreach (var name in (string[])["postgres", "cache"])
        {
            var killed = servers.Model.Kill(name);
            await Eventually.PassesAsync(() =>
            {
                servers.Model.ProcessId(name).ShouldNotBeOneOf(0, killed);
                return Task.CompletedTask;
            }, TimeSpan.FromMinutes(1));
            await servers.Model.HealthyAsync(limit.Token, name);
        }

        (await Eventually.BecomesAsync(() => Postgres.AskAsync(connectionString, limit.Token, "SELECT it FROM killed"), _ => true)).ShouldBe(42);
    }

    [Fact]
    public async Task A_server_that_is_stopped_and_started_keeps_its_port_and_data_each_time()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var connectionString = (await servers.Model.App.GetConnectionStringAsync("postgres", limit.Token))!;
        await Postgres.AskAsync(connectionString, limit.Token, "CREATE TABLE stopped (it int); INSERT INTO stopped VALUES (42)");
        for (var time = 0; time < 5; time++)
        {
            await servers.Model.StopResourceAsync("postgres", limit.Token);
            await Should.ThrowAsync<NpgsqlException>(() => Postgres.AskAsync(connectionString, limit.Token));
            await servers.Model.StartResourceAsync("postgres", limit.Token);
            (await Postgres.AskAsync(connectionString, limit.Token, "SELECT it FROM stopped")).ShouldBe(42);
        }
    }

    [Fact]
    public async Task A_resource_that_an_operator_stops_remains_stopped()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await servers.Model.StopResourceAsync("cache", limit.Token);
        // Longer than the pause before a restart.
        var again = servers.Model.App.ResourceNotifications.WaitForResourceAsync("cache", KnownResourceStates.Running, limit.Token);
        (await Task.WhenAny(again, Task.Delay(TimeSpan.FromSeconds(2), limit.Token))).ShouldNotBe(again);
        await servers.Model.StartResourceAsync("cache", limit.Token);
    }

    public sealed class Servers : IAsyncLifetime
    {
        internal RunningModel Model { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            Model = await RunningModel.StartAsync<Projects.LinkShort_TestServers>(["--ONLY=postgres,cache"], null, ["postgres", "cache"], limit.Token);
        }

        public ValueTask DisposeAsync() => Model?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
