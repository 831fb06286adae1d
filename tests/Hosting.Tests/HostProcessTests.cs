using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;

namespace LinkShort.Hosting.Tests;

/// <summary>AppHost as a process: what is left when it ends, and what it says when it can't start.</summary>
public sealed class HostProcessTests : IDisposable
{
    private readonly string _data = HostProcess.NewDataDirectory();
    private readonly int _port = HostProcess.FreePort();

    public void Dispose() => HostProcess.Remove(_data);

    [Fact]
    public async Task Data_passwords_and_ports_survive_a_restart_and_nothing_is_left_after_each_stop()
    {
        string connectionString;
        await using (var host = HostProcess.StartWithBroker(_data, _port))
        {
            await host.WaitUntilReadyAsync();
            connectionString = (await EnvironmentOfBackAsync())["ConnectionStrings__notesdb"];
            await ExecuteAsync(connectionString, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')");
            host.Signal("INT");
            (await host.ExitAsync()).ShouldBe(0, host.Output);
            Leftovers.Of(_data).ShouldBeEmpty();
        }

        await using (var host = HostProcess.Start(_data, _port))
        {
            await host.WaitUntilReadyAsync();
            (await EnvironmentOfBackAsync())["ConnectionStrings__notesdb"].ShouldBe(connectionString);
            (await ExecuteAsync(connectionString, "SELECT text FROM note")).ShouldBe("kept");
            host.Signal("TERM");
            (await host.ExitAsync()).ShouldBe(0, host.Output);
            Leftovers.Of(_data).ShouldBeEmpty();
        }

        // Those who depend on others ended before them, and were asked, not killed.
        LastTime("front-door", "stopping in order").ShouldBeLessThan(LastTime("back", "stopping in order"));
        LastTime("back", "stopping in order").ShouldBeLessThan(LastTime("postgres", "received fast shutdown request"));
        (await File.ReadAllTextAsync(Path.Combine(_data, "logs", "postgres.log"))).ShouldNotContain("was not properly shut down");
        File.GetUnixFileMode(Path.Combine(_data, "secrets.json")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_killed_host_takes_every_process_with_it_and_can_be_started_again_at_once()
    {
        await using (var host = HostProcess.StartWithBroker(_data, _port))
        {
            await host.WaitUntilReadyAsync();
            var connectionString = (await EnvironmentOfBackAsync())["ConnectionStrings__notesdb"];
            // A busy PostgreSQL backend is the hardest to get rid of.
            var busy = ExecuteAsync(connectionString, "SELECT pg_sleep(600)");
            await ExecuteAsync(connectionString, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')");
            var secrets = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(Path.Combine(_data, "secrets.json")))!;
            secrets.Count.ShouldBe(4);
            CommandLines().ShouldNotContain(line => secrets.Values.Any(line.Contains), "a password is visible to every user of the machine");
            Leftovers.Of(_data).Count.ShouldBeGreaterThan(8);

            host.Signal("KILL");
            (await host.ExitAsync()).ShouldBe(137);
            await Should.ThrowAsync<NpgsqlException>(() => busy);
            await Leftovers.AreGoneAsync(_data, TimeSpan.FromSeconds(12));
        }

        await using (var again = HostProcess.Start(_data, _port))
        {
            await again.WaitUntilReadyAsync();
            (await ExecuteAsync((await EnvironmentOfBackAsync())["ConnectionStrings__notesdb"], "SELECT text FROM note")).ShouldBe("kept");
            // Started again while the last run's processes are still being ended.
            again.Signal("KILL");
        }

        await using var third = HostProcess.Start(_data, _port);
        await third.WaitUntilReadyAsync();
    }

    [Fact]
    public async Task A_second_copy_on_the_same_data_folder_says_so_and_leaves_the_first_alone()
    {
        await using var host = HostProcess.Start(_data, _port);
        await host.WaitUntilReadyAsync();
        await using var second = HostProcess.Start(_data, HostProcess.FreePort());
        (await second.ExitAsync()).ShouldBe(1);
        second.Output.Trim().ShouldStartWith($"linkshort: LinkShort is already running on the data folder {_data} (process {host.Id})");
        second.Output.Trim().ShouldNotContain("\n");
        second.Output.ShouldContain("./linkshort stop");
        (await EnvironmentOfBackAsync()).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Nothing_on_the_disk_is_watched_wherever_it_is_started()
    {
        await using var host = HostProcess.Start(_data, _port);
        await host.WaitUntilReadyAsync();
        // Its working directory is "/": with the builders' defaults every folder of the machine was watched, which took up to minutes.
        Directory.GetFiles($"/proc/{host.Id}/fd").Select(file => new FileInfo(file).LinkTarget).ShouldNotContain("anon_inode:inotify");
    }

    [Fact]
    public async Task A_taken_port_is_named_with_its_holder_and_setting_and_nothing_is_started()
    {
        using var holder = new TcpListener(IPAddress.Loopback, _port);
        holder.Start();
        await using var host = HostProcess.Start(_data, _port);
        await FailsAsync(host, $"Port {_port}, which 'front-door' is to listen on, is taken by another program (", $"process {Environment.ProcessId}", "LINKSHORT_FRONT_DOOR_PORT");
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_named()
    {
        await File.WriteAllTextAsync(_data, "");
        try
        {
            await using var host = HostProcess.Start(_data, _port);
            await FailsAsync(host, $"The data folder {_data} can't be used", "LINKSHORT_DATA");
        }
        finally
        {
            File.Delete(_data);
        }
    }

    [Fact]
    public async Task A_data_folder_of_somebody_else_is_named_with_the_way_to_mend_it()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can become somebody else");
        Directory.CreateDirectory(_data);
        await using var host = HostProcess.Start(_data, _port, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp");
        await FailsAsync(host, $"The data folder {_data} can't be read and written by this user", "chown");
    }

    [Fact]
    public async Task A_data_folder_that_PostgreSQLs_user_cannot_reach_is_no_obstacle()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root runs servers as somebody else");
        // As below /root, where root's clone of the repository is likely to be.
        Directory.CreateDirectory(_data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var inside = Path.Combine(_data, ".data");
        try
        {
            await using var host = HostProcess.Start(inside, _port);
            await host.WaitUntilReadyAsync();
            new DirectoryInfo(Path.Combine(inside, "postgres")).LinkTarget!.ShouldStartWith("/var/lib/linkshort/");
        }
        finally
        {
            HostProcess.Remove(inside);
        }
    }

    [Fact]
    public async Task A_damaged_file_of_secrets_is_named_and_kept()
    {
        Directory.CreateDirectory(_data);
        await File.WriteAllTextAsync(Path.Combine(_data, "secrets.json"), "{ \"Parameters:postgres");
        await using var host = HostProcess.Start(_data, _port);
        await FailsAsync(host, $"{_data}/secrets.json is damaged", "./linkshort reset");
        (await File.ReadAllTextAsync(Path.Combine(_data, "secrets.json"))).ShouldBe("{ \"Parameters:postgres");
    }

    [Fact]
    public async Task A_full_disk_is_named()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can mount a small disk");
        Directory.CreateDirectory(_data);
        await using var host = HostProcess.Start(_data, _port, "unshare", "--mount", "sh", "-c", $"mount -t tmpfs -o size=8m tmpfs {_data} && exec \"$@\"", "sh");
        await FailsAsync(host, $"The disk of {_data} has only 8 MB free", "LINKSHORT_DATA");
    }

    [Fact]
    public async Task Missing_servers_are_named_together_with_the_command_that_installs_them()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can hide programs");
        await using var host = HostProcess.StartWithBroker(_data, _port, "unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /usr/lib/postgresql && mount -t tmpfs tmpfs /usr/lib/rabbitmq && exec \"$@\"", "sh");
        await FailsAsync(host, "postgresql, rabbitmq-server", "apt-get install -y --no-install-recommends postgresql rabbitmq-server");
    }

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false;Command Timeout=120");
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

    private async Task FailsAsync(HostProcess host, params string[] parts)
    {
        (await host.ExitAsync()).ShouldBe(1, host.Output);
        var line = host.Output.Trim();
        line.ShouldStartWith("linkshort: ");
        line.ShouldNotContain("\n");
        foreach (var part in parts)
        {
            line.ShouldContain(part);
        }

        Leftovers.Of(_data).ShouldBeEmpty();
        Directory.Exists(Path.Combine(_data, "postgres")).ShouldBeFalse("it was half-started");
    }

    private async Task<Dictionary<string, string>> EnvironmentOfBackAsync()
    {
        using var client = new HttpClient();
        var front = await client.GetFromJsonAsync<Dictionary<string, string>>($"http://localhost:{_port}/environment");
        return (await client.GetFromJsonAsync<Dictionary<string, string>>($"{front!["BACK_HTTP"]}/environment"))!;
    }

    private string LastTime(string resource, string text) => File.ReadLines(Path.Combine(_data, "logs", $"{resource}.log"))
        .Last(line => line.Contains(text, StringComparison.Ordinal))
        .Split(' ')[0];
}
