using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Hosting.Dashboard;

/// <summary>
/// The operations dashboard: resources, their details, commands and console logs, sent mail, and the OTLP receiver that services
/// export to. A web server of its own on loopback; started before any process, so that telemetry has somewhere to go.
/// </summary>
internal sealed class DashboardServer(
    IConfiguration configuration,
    EngineSettings settings,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    ResourceCommandService commands,
    TimeProvider time) : IOperationsEndpoint
{
    private WebApplication? _app;

    /// <summary>Opens the dashboard; new with each start.</summary>
    public DashboardAccess Access { get; } = new();

    /// <summary>Absolute base address without a trailing slash. Null until started.</summary>
    public string? Address { get; private set; }

    public string LoginAddress => $"{Address}/login?t={Access.Token}";

    public TelemetryEndpoint? Telemetry => Address is null ? null : new TelemetryEndpoint(Address, "http/protobuf", Access.TelemetryKey);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var wanted = DashboardOptions.From(configuration, settings).Port;
        var port = wanted != 0 && IsTaken(wanted) ? 0 : wanted;
        // Empty: the other builders read appsettings.json from the current directory and watch everything below it, be it "/".
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(Access).AddSingleton<TelemetryReceiver>().AddSingleton(notifications).AddSingleton(logs).AddSingleton(commands);
        builder.Services.AddSingleton(settings).AddSingleton(time).AddSingleton<MailFolder>();
        _app = builder.Build();
        _app.Use(DashboardAccess.GuardAsync);
        _app.MapTelemetry();
        _app.MapDashboardPages();
        _app.MapDashboardApi();
        await _app.StartAsync(cancellationToken);
        Address = new UriBuilder(_app.Urls.First()) { Host = "localhost" }.Uri.GetLeftPart(UriPartial.Authority);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is not null)
        {
            // Log streams stay open for as long as a browser looks: don't wait for them.
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await _app.StopAsync(soon.Token);
            await _app.DisposeAsync();
        }
    }

    /// <summary>The dashboard is not worth a failed start: when its port is taken it moves, and says where to.</summary>
    private static bool IsTaken(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
