using Npgsql;

namespace LinkShort.Hosting.Tests;

/// <summary>An app host as a process: what remains after it was killed.</summary>
public sealed class HostKillTests : IDisposable
{
    private readonly string _data = HostProcess.NewDataDirectory();

    public void Dispose() => HostProcess.Remove(_data);

    [Fact]
    public async Task After_a_kill_of_the_host_no_process_remains_and_it_can_be_restarted_at_once()
    {
        await using (var host = HostProcess.Start(_data, "postgres,cache,messaging"))
        {
            var servers = await host.ReadyAsync();
            await Postgres.ExecuteAsync(servers, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')");
            // A busy PostgreSQL backend is the hardest to stop.
            var busy = Postgres.ExecuteAsync(servers, "SELECT pg_sleep(600)");
            Leftovers.Of(_data).Count.ShouldBeGreaterThan(5);

            host.Signal("KILL");
            (await host.ExitAsync()).ShouldBe(137);
            await Should.ThrowAsync<NpgsqlException>(() => busy);
            await Leftovers.AreGoneAsync(_data, TimeSpan.FromSeconds(30));
        }

        await using (var again = HostProcess.Start(_data, "postgres,cache,messaging"))
        {
            (await Postgres.ExecuteAsync(await again.ReadyAsync(), "SELECT text FROM note")).ShouldBe("kept");
            // Restarted while processes of the previous run are still being stopped.
            again.Signal("KILL");
            await again.ExitAsync();
        }

        await using var third = HostProcess.Start(_data, "postgres,cache,messaging");
        (await Postgres.ExecuteAsync(await third.ReadyAsync(), "SELECT text FROM note")).ShouldBe("kept");
    }
}
