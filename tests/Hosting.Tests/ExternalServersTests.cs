using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using LinkShort.Hosting.Servers;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

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
    public async Task Databases_that_exist_need_no_right_to_create_them_and_missing_ones_are_named()
    {
        await using var host = HostProcess.Start(_data, "postgres");
        var servers = await host.ReadyAsync();
        await Postgres.ExecuteAsync(servers, "CREATE ROLE limited LOGIN PASSWORD 'limited'");
        var settings = new Dictionary<string, string>
        {
            ["LINKSHORT_SERVERS"] = "external",
            ["ConnectionStrings__postgres"] = new NpgsqlConnectionStringBuilder(servers["postgres"]) { Username = "limited", Password = "limited" }.ConnectionString,
            ["DATABASES"] = "orders,stock",
        };
        var elsewhere = HostProcess.NewDataDirectory();
        try
        {
            await using (var refused = HostProcess.Start(elsewhere, "postgres", settings))
            {
                (await refused.ExitAsync()).ShouldBe(1, refused.Output);
                refused.Output.Split('\n').Where(line => line.StartsWith("linkshort: ", StringComparison.Ordinal)).ShouldHaveSingleItem(refused.Output)
                    .ShouldBe("linkshort: PostgreSQL's user limited may not create databases, and these don't exist: orders, stock. Create them with this user as their owner, or grant it CREATEDB.");
            }

            await Postgres.ExecuteAsync(servers, "CREATE DATABASE orders OWNER limited");
            await Postgres.ExecuteAsync(servers, "CREATE DATABASE stock OWNER limited");
            await using var used = HostProcess.Start(elsewhere, "postgres", settings);
            await used.ReadyAsync();
            used.Signal("TERM");
            (await used.ExitAsync()).ShouldBe(0, used.Output);
        }
        finally
        {
            HostProcess.Remove(elsewhere);
        }
    }

    [Fact]
    public async Task All_health_checks_of_RabbitMQ_share_one_connection()
    {
        await using var host = HostProcess.Start(_data, "messaging");
        var address = (await host.ReadyAsync())["messaging"];
        var services = new ServiceCollection();
        services.AddLogging();
        NativeRabbitMQ.AddHealthCheck(services.AddHealthChecks(), "messaging", () => address);
        await using var provider = services.BuildServiceProvider();
        var checks = provider.GetRequiredService<HealthCheckService>();
        var others = Connections();
        for (var time = 0; time < 3; time++)
        {
            (await checks.CheckHealthAsync()).Status.ShouldBe(HealthStatus.Healthy);
        }

        Connections().ShouldBe(others + 1);

        int Connections() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Count(connection => connection.RemoteEndPoint.Port == new Uri(address).Port && connection.State == TcpState.Established);
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
