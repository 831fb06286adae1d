namespace LinkShort.Hosting.Tests;

/// <summary>What an app host reports when it can't start: one line, with what to do.</summary>
public sealed class RefusedStartTests : IDisposable
{
    private readonly string _data = HostProcess.NewDataDirectory();

    public void Dispose() => HostProcess.Remove(_data);

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_named()
    {
        await File.WriteAllTextAsync(_data, "");
        try
        {
            await using var host = HostProcess.Start(_data, "postgres,cache");
            await FailsAsync(host, $"The data folder {_data} can't be used", "LINKSHORT_DATA");
        }
        finally
        {
            File.Delete(_data);
        }
    }

    [Fact]
    public async Task A_data_folder_of_another_user_is_named_with_the_fix()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can become somebody else");
        Directory.CreateDirectory(_data);
        await using var host = HostProcess.Start(_data, "cache", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp");
        await FailsAsync(host, $"The data folder {_data} is not readable and writable by this user", "chown");
    }

    [Fact]
    public async Task A_damaged_file_of_secrets_is_named_and_kept()
    {
        Directory.CreateDirectory(_data);
        await File.WriteAllTextAsync(Path.Combine(_data, "secrets.json"), "{ \"Parameters:postgres");
        await using var host = HostProcess.Start(_data, "cache");
        await FailsAsync(host, $"{_data}/secrets.json is damaged", "./linkshort reset");
        (await File.ReadAllTextAsync(Path.Combine(_data, "secrets.json"))).ShouldBe("{ \"Parameters:postgres");
    }

    [Fact]
    public async Task A_full_disk_is_named()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can mount a small disk");
        Directory.CreateDirectory(_data);
        await using var host = HostProcess.Start(_data, "cache", "unshare", "--mount", "sh", "-c", $"mount -t tmpfs -o size=8m tmpfs {_data} && exec \"$@\"", "sh");
        await FailsAsync(host, $"The disk of {_data} has only 8 MB free", "LINKSHORT_DATA");
    }

    [Fact]
    public async Task Missing_servers_are_named_together_with_the_command_that_installs_them()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can hide programs");
        await using var host = HostProcess.Start(_data, "postgres,messaging", "unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /usr/lib/postgresql && mount -t tmpfs tmpfs /usr/lib/rabbitmq && exec \"$@\"", "sh");
        await FailsAsync(host, "postgresql, rabbitmq-server", "apt-get install -y --no-install-recommends postgresql rabbitmq-server");
    }

    [Theory]
    [InlineData("somewhere", "LINKSHORT_SERVERS is 'somewhere': set it to containers, native or external")]
    [InlineData("external", "ConnectionStrings__cache is not set, and LINKSHORT_SERVERS is external")]
    [InlineData("containers", "LINKSHORT_SERVERS is containers, but neither docker nor podman responds: start the container engine, or set LINKSHORT_SERVERS to native or external.")]
    public async Task An_invalid_choice_of_servers_is_named(string servers, string complaint)
    {
        await using var host = HostProcess.Start(_data, "cache", new Dictionary<string, string>
        {
            ["LINKSHORT_SERVERS"] = servers,
            // No container engine responds, even if this machine has one.
            ["PATH"] = "/nowhere",
        });
        await FailsAsync(host, complaint);
    }

    private async Task FailsAsync(HostProcess host, params string[] parts)
    {
        (await host.ExitAsync()).ShouldBe(1, host.Output);
        var line = host.Output.Split('\n').Where(line => line.StartsWith("linkshort: ", StringComparison.Ordinal)).ShouldHaveSingleItem(host.Output);
        host.Output.ShouldNotContain("   at ", customMessage: "a stack trace is no message for people");
        foreach (var part in parts)
        {
            line.ShouldContain(part);
        }

        Leftovers.Of(_data).ShouldBeEmpty();
        Directory.Exists(Path.Combine(_data, "postgres")).ShouldBeFalse("it was half-started");
    }
}
