using System.Text.Json;

namespace LinkShort.Hosting.Tests;

/// <summary>An app host as a process: who can read what it writes, and where it can be.</summary>
public sealed class HostFilesTests : IDisposable
{
    private readonly string _data = HostProcess.NewDataDirectory();

    public void Dispose() => HostProcess.Remove(_data);

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
    public async Task A_data_folder_that_the_servers_accounts_cannot_reach_works()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root runs servers as somebody else");
        // Like a folder below /root, where root's clone of the repository is likely to be.
        Directory.CreateDirectory(_data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var inside = Path.Combine(_data, ".data");
        // What a version that ran Redis as root kept.
        Directory.CreateDirectory(Path.Combine(inside, "cache"));
        await File.WriteAllTextAsync(Path.Combine(inside, "cache", "kept"), "");
        try
        {
            await using var host = HostProcess.Start(inside, "postgres,cache,messaging");
            await host.ReadyAsync();
            var id = InstallationRecord.Read(inside).Id;
            foreach (var server in new[] { "postgres", "cache", "messaging" })
            {
                new DirectoryInfo(Path.Combine(inside, server)).LinkTarget.ShouldBe($"/var/lib/linkshort/{id}/{server}");
            }

            File.Exists($"/var/lib/linkshort/{id}/cache/kept").ShouldBeTrue();
        }
        finally
        {
            HostProcess.Remove(inside);
        }
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
