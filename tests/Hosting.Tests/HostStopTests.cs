using LinkShort.Testing;
using Npgsql;

namespace LinkShort.Hosting.Tests;

/// <summary>An app host as a process: what it keeps, and what remains after it was stopped.</summary>
public sealed class HostStopTests : IDisposable
{
    private readonly string _data = HostProcess.NewDataDirectory();

    public void Dispose() => HostProcess.Remove(_data);

    [Fact]
    public async Task Data_and_passwords_survive_a_restart_and_nothing_is_left_after_each_stop()
    {
        string password;
        await using (var host = HostProcess.Start(_data, "postgres,cache,messaging"))
        {
            var servers = await host.ReadyAsync();
            password = new NpgsqlConnectionStringBuilder(servers["postgres"]).Password!;
            await Postgres.ExecuteAsync(servers, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')");
            host.Signal("INT");
            (await host.ExitAsync()).ShouldBe(0, host.Output);
            await Leftovers.AreGoneAsync(_data, TimeSpan.FromSeconds(5));
        }

        await using (var host = HostProcess.Start(_data, "postgres"))
        {
            var servers = await host.ReadyAsync();
            new NpgsqlConnectionStringBuilder(servers["postgres"]).Password.ShouldBe(password);
            (await Postgres.ExecuteAsync(servers, "SELECT text FROM note")).ShouldBe("kept");
            host.Signal("TERM");
            (await host.ExitAsync()).ShouldBe(0, host.Output);
            await Leftovers.AreGoneAsync(_data, TimeSpan.FromSeconds(5));
        }

        var log = await File.ReadAllTextAsync(Path.Combine(_data, "logs", "postgres.log"));
        log.ShouldContain("received fast shutdown request");
        log.ShouldNotContain("was not properly shut down");
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_start_that_is_cancelled_stops_what_has_started_in_order_and_leaves_nothing(string signal)
    {
        await using var host = HostProcess.Start(_data, "postgres,cache,messaging");
        // PostgreSQL is ready, RabbitMQ is not.
        var log = Path.Combine(_data, "logs", "postgres.log");
        await Eventually.BecomesAsync(
            async () => File.Exists(log) ? await File.ReadAllTextAsync(log) : "", text => text.Contains("ready to accept connections", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        host.Signal(signal);
        (await host.ExitAsync()).ShouldBe(0, host.Output);
        host.Output.ShouldNotContain("   at ", customMessage: "a stack trace is no message for people");
        await Leftovers.AreGoneAsync(_data, TimeSpan.FromSeconds(5));
        (await File.ReadAllTextAsync(log)).ShouldContain("database system is shut down");
    }
}
