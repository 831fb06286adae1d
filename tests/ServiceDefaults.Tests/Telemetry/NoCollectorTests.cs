using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Redis;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace LinkShort.ServiceDefaults.Tests.Telemetry;

public sealed class NoCollectorTests
{
    /// <summary>Packages for servers register their own instrumentation even if nothing is exported.</summary>
    [Fact]
    public async Task Without_a_collector_no_client_of_a_server_registers_telemetry()
    {
        await using var app = TestedService.Build(
            configure: builder =>
            {
                builder.AddNpgsqlDataSource("testdb");
                builder.AddRedisClient("cache");
                builder.AddMessaging("messaging");
            },
            settings:
            [
                ("ConnectionStrings:testdb", "Host=127.0.0.1;Port=9;Username=u;Password=p;Database=d"),
                ("ConnectionStrings:cache", "127.0.0.1:9"),
                ("ConnectionStrings:messaging", "amqp://u:p@127.0.0.1:9"),
            ]);

        app.Services.GetService<TracerProvider>().ShouldBeNull();
        app.Services.GetService<MeterProvider>().ShouldBeNull();
        app.Services.GetService<LoggerProvider>().ShouldBeNull();
    }
}
