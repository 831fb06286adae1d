using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using LinkShort.Testing;
using Npgsql;

namespace LinkShort.Hosting.Tests;

/// <summary>An app host as a process: what it keeps, and what remains after its exit.</summary>
public sealed class HostProcessTests : IDisposable
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
            await ExecuteAsync(servers, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')");
            host.Signal("INT");
            (await host.ExitAsync()).ShouldBe(0, host.Output);
            await Leftovers.AreGoneAsync(_data, TimeSpan.FromSeconds(5));
        }

        await using (var host = HostProcess.Start(_data, "postgres"))
        {
            var servers = await host.ReadyAsync();
            new NpgsqlConnectionStringBuilder(servers["postgres"]).Password.ShouldBe(password);
            (await ExecuteAsync(servers, "SELECT text FROM note")).ShouldBe("kept");
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

    [Fact]
    public async Task Files_with_secrets_are_readable_by_their_owner_only()
    {
        await using var host = HostProcess.Start(_data, "postgres,cache,messaging");
        await host.ReadyAsync();
        const UnixFileMode ofOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        foreach (var folder in new[] { "postgres", "cache", "messaging", "logs" })
        {
            (File.GetUnixFileMode(Path.Combine(_data, folder)) & (ofOthers | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)).ShouldBe(UnixFileMode.None, folder);
        }

        foreach (var file in Directory.GetFiles(_data).Where(file => Path.GetFileName(file) != "lock"))
        {
            (File.GetUnixFileMode(file) & ofOthers).ShouldBe(UnixFileMode.None, file);
        }

        var secrets = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(Path.Combine(_data, "secrets.json")))!;
        secrets.Count.ShouldBe(3);
        CommandLines().ShouldNotContain(line => secrets.Values.Any(line.Contains), "a password is visible to every user of the machine");
    }

    [Fact]
    public async Task After_a_kill_of_the_host_no_process_remains_and_it_can_be_restarted_at_once()
    {
        await using (var host = HostProcess.Start(_data, "postgres,cache,messaging"))
        {
            var servers = await host.ReadyAsync();
            await ExecuteAsync(servers, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')");
            // A busy PostgreSQL backend is the hardest to stop.
            var busy = ExecuteAsync(servers, "SELECT pg_sleep(600)");
            Leftovers.Of(_data).Count.ShouldBeGreaterThan(5);

            host.Signal("KILL");
            (await host.ExitAsync()).ShouldBe(137);
            await Should.ThrowAsync<NpgsqlException>(() => busy);
            await Leftovers.AreGoneAsync(_data, TimeSpan.FromSeconds(30));
        }

        await using (var again = HostProcess.Start(_data, "postgres,cache,messaging"))
        {
            (await ExecuteAsync(await again.ReadyAsync(), "SELECT text FROM note")).ShouldBe("kept");
            // Restarted while processes of the previous run are still being stopped.
            again.Signal("KILL");
            await again.ExitAsync();
        }

        await using var third = HostProcess.Start(_data, "postgres,cache,messaging");
        (await ExecuteAsync(await third.ReadyAsync(), "SELECT text FROM note")).ShouldBe("kept");
    }

    [Fact]
    public async Task A_second_host_on_the_same_data_folder_is_refused_and_the_first_keeps_running()
    {
        await using var host = HostProcess.Start(_data, "cache");
        await host.ReadyAsync();
        await using var second = HostProcess.Start(_data, "cache");
        (await second.ExitAsync()).ShouldBe(1);
        second.Output.ShouldContain($"linkshort: LinkShort is already running on the data folder {_data}");
        second.Output.ShouldContain("./linkshort stop");
        host.Signal("TERM");
        (await host.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_data_folder_that_PostgreSQLs_user_cannot_reach_works()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root runs servers as somebody else");
        // Like a folder below /root, where root's clone of the repository is likely to be.
        Directory.CreateDirectory(_data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var inside = Path.Combine(_data, ".data");
        try
        {
            await using var host = HostProcess.Start(inside, "postgres");
            await host.ReadyAsync();
            new DirectoryInfo(Path.Combine(inside, "postgres")).LinkTarget!.ShouldStartWith("/var/lib/linkshort/");
        }
        finally
        {
            HostProcess.Remove(inside);
        }
    }

    [Fact]
    public async Task External_servers_are_used_and_never_stopped()
    {
        await using var host = HostProcess.Start(_data, "postgres,cache,messaging");
        var servers = await host.ReadyAsync();
        var elsewhere = HostProcess.NewDataDirectory();
        try
        {
            var settings = servers.ToDictionary(server => $"ConnectionStrings__{server.Key}", server => server.Value);
            settings["LINKSHORT_SERVERS"] = "external";
            await using var other = HostProcess.Start(elsewhere, "postgres,cache,messaging", settings);
            var used = await other.ReadyAsync();
            used["postgres"].ShouldBe(servers["postgres"]);
            used["cache"].ShouldBe(servers["cache"]);
            used["messaging"].ShouldBe(servers["messaging"]);
            Directory.Exists(Path.Combine(elsewhere, "postgres")).ShouldBeFalse();
            other.Signal("TERM");
            (await other.ExitAsync()).ShouldBe(0, other.Output);
        }
        finally
        {
            HostProcess.Remove(elsewhere);
        }

        (await ExecuteAsync(servers, "SELECT 'there'")).ShouldBe("there");
    }

    [Fact]
    public async Task An_unavailable_external_server_is_named_with_its_setting()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();
        await using var host = HostProcess.Start(_data, "cache", new Dictionary<string, string>
        {
            ["LINKSHORT_SERVERS"] = "external",
            ["ConnectionStrings__cache"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port},password=secret-word"),
            // Only a run that is not temporary prints.
            ["LINKSHORT_TEMPORARY"] = "false",
        });
        await Eventually.BecomesAsync(() => Task.FromResult(host.Output), text => text.Contains("check the server and ConnectionStrings__cache", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        host.Output.Split('\n').ShouldContain(line => line.Contains("cache", StringComparison.Ordinal) && line.Contains("does not respond (", StringComparison.Ordinal));
        host.Output.ShouldNotContain("secret-word");
        host.Output.ShouldNotContain("   at ", customMessage: "a stack trace is no message for people");
        host.Signal("TERM");
        (await host.ExitAsync()).ShouldBe(0, host.Output);
    }

    private static async Task<object?> ExecuteAsync(IReadOnlyDictionary<string, string> servers, string sql)
    {
        await using var source = NpgsqlDataSource.Create(servers["postgres"] + ";Database=postgres;Pooling=false;Command Timeout=120");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private static List<string> CommandLines() => [.. Directory.EnumerateDirectories("/proc")
        .Where(directory => int.TryParse(Path.GetFileName(directory), out _))
        .Select(directory =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(directory, "cmdline"));
            }
            catch (IOException)
            {
                return "";
            }
        })];
}
