namespace LinkShort.Hosting.Tests;

/// <summary>Without LINKSHORT_SERVERS a data folder keeps what ran its servers: another choice would be an empty installation.</summary>
public sealed class KeptServersTests : IDisposable
{
    private readonly string _data = HostProcess.NewDataDirectory();
    private readonly string _programs = HostProcess.NewDataDirectory();

    public void Dispose()
    {
        HostProcess.Remove(_data);
        HostProcess.Remove(_programs);
    }

    [Fact]
    public async Task Native_data_is_used_also_after_a_container_engine_was_installed()
    {
        await using (var host = HostProcess.Start(_data, "postgres", Detected(engine: false)))
        {
            await Postgres.ExecuteAsync(await host.ReadyAsync(), "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')");
            host.Signal("TERM");
            (await host.ExitAsync()).ShouldBe(0, host.Output);
        }

        (await File.ReadAllTextAsync(Path.Combine(_data, "installation.json"))).ShouldContain("\"native\"");
        await using (var host = HostProcess.Start(_data, "postgres", Detected(engine: true)))
        {
            (await Postgres.ExecuteAsync(await host.ReadyAsync(), "SELECT text FROM note")).ShouldBe("kept");
            host.Signal("TERM");
            (await host.ExitAsync()).ShouldBe(0, host.Output);
        }

        // As a version without the file left the folder.
        File.Delete(Path.Combine(_data, "installation.json"));
        await using var again = HostProcess.Start(_data, "postgres", Detected(engine: true));
        (await Postgres.ExecuteAsync(await again.ReadyAsync(), "SELECT text FROM note")).ShouldBe("kept");
    }

    [Fact]
    public async Task Containers_without_their_engine_are_named_with_the_setting_and_the_way_to_move()
    {
        Directory.CreateDirectory(_data);
        await File.WriteAllTextAsync(Path.Combine(_data, "installation.json"), """{"id":"0123456789","servers":"containers"}""");
        await using var host = HostProcess.Start(_data, "cache", Detected(engine: false));
        await RefusedAsync(host, $"The servers of the data folder {_data} are containers, and neither docker nor podman responds", "LINKSHORT_SERVERS=native", "dump the data there and restore it here");
        Directory.Exists(Path.Combine(_data, "cache")).ShouldBeFalse();
    }

    [Fact]
    public async Task Native_servers_without_their_packages_are_named_with_the_setting_and_the_way_to_move()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can hide programs");
        Directory.CreateDirectory(_data);
        await File.WriteAllTextAsync(Path.Combine(_data, "installation.json"), """{"id":"0123456789","servers":"native"}""");
        await using var host = HostProcess.Start(_data, "messaging", Detected(engine: true), "unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /usr/lib/rabbitmq && exec \"$@\"", "sh");
        await RefusedAsync(host, $"The servers of the data folder {_data} are native, and not installed: rabbitmq-server", "LINKSHORT_SERVERS=containers", "dump the data here and restore it there");
    }

    [Fact]
    public async Task A_damaged_record_is_named()
    {
        Directory.CreateDirectory(_data);
        await File.WriteAllTextAsync(Path.Combine(_data, "installation.json"), "{\"id\":");
        await using var host = HostProcess.Start(_data, "cache", Detected(engine: false));
        await RefusedAsync(host, $"{_data}/installation.json is damaged");
    }

    private Dictionary<string, string> Detected(bool engine) => new()
    {
        ["LINKSHORT_SERVERS"] = "",
        ["PATH"] = FakeEngine.PathWith(Path.Combine(_programs, engine ? "with" : "without"), engine),
    };

    private static async Task RefusedAsync(HostProcess host, params string[] parts)
    {
        (await host.ExitAsync()).ShouldBe(1, host.Output);
        var line = host.Output.Split('\n').Where(line => line.StartsWith("linkshort: ", StringComparison.Ordinal)).ShouldHaveSingleItem(host.Output);
        foreach (var part in parts)
        {
            line.ShouldContain(part);
        }
    }
}
