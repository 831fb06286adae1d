using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LinkShort.Testing;

namespace LinkShort.Hosting.Tests;

/// <summary>An app host as a process that uses servers which others run.</summary>
public sealed class ExternalServersTests : IDisposable
{
    private readonly string _data = HostProcess.NewDataDirectory();

    public void Dispose() => HostProcess.Remove(_data);

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

        (await Postgres.ExecuteAsync(servers, "SELECT 'there'")).ShouldBe("there");
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
}
