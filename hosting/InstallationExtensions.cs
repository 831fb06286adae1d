using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting;

public static class InstallationExtensions
{
    private const string IdeSession = "DEBUG_SESSION_PORT";
    private const string DashboardPort = "LINKSHORT_DASHBOARD_PORT";

    /// <summary>
    /// Gives the app host a data folder (<c>LINKSHORT_DATA</c>) with secrets and logs, restarts processes that exit, and stops resources in order.
    /// Validates the settings before the start.
    /// </summary>
    public static Installation AddInstallation(this IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var installation = new Installation(builder);
        if (!builder.ExecutionContext.IsRunMode)
        {
            return installation;
        }

        // An invalid setting in the model is reported in one line, without a stack trace.
        AppDomain.CurrentDomain.UnhandledException += (_, failure) =>
        {
            if (failure.ExceptionObject is DistributedApplicationException problem)
            {
                Console.Error.WriteLine($"linkshort: {problem.Message}");
                Environment.Exit(1);
            }
        };
        builder.Services.AddSingleton(_ => installation); // By a factory, so that the container disposes it.
        builder.Eventing.Subscribe<BeforeStartEvent>(async (start, cancellationToken) =>
            await installation.PrepareAsync(start.Services.GetRequiredService<IHostApplicationLifetime>(), cancellationToken));
        builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            QuickHealth.Apply(start.Services);
            ServiceWaits.Apply(start.Model, builder.Eventing, start.Services.GetRequiredService<ResourceNotificationService>());
            return Task.CompletedTask;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(90));
        if (!installation.IsTemporary)
        {
            AddDashboardDefaults(builder, installation);
            builder.Services.AddLogging(logging => logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        }

        // During the start, every failed probe and Ctrl-C would log a stack trace. And DcpHost warns about https, which nothing here uses.
        builder.Services.AddLogging(logging => logging
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && !installation.IsStartCancelled)
            .AddFilter("Aspire.Hosting.Dcp.DcpHost", LogLevel.Error));
        builder.Services.AddSingleton<IResourceFollower, Supervisor>();
        builder.Services.AddSingleton<IResourceFollower, ChildStates>();
        // Before the orchestrator's own service, whose start returns when the resources have started.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, ResourceWatch>());
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, ConsoleLogFiles>());
        if (!installation.IsTemporary)
        {
            builder.Services.AddSingleton<StartReport>();
            builder.Services.AddSingleton<IResourceFollower>(services => services.GetRequiredService<StartReport>());
            builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(services => services.GetRequiredService<StartReport>()));
        }

        builder.Services.AddHostedService<OrderedStop>();
        return installation;
    }

    /// <summary>
    /// Starts projects as built programs, without <c>dotnet run</c>, which takes 72 MB and seconds for each. In a debugging session the IDE
    /// starts them. Call after the last project was added.
    /// </summary>
    public static IDistributedApplicationBuilder RunBuiltPrograms(this IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.ExecutionContext.IsRunMode || Environment.GetEnvironmentVariable(IdeSession) is { Length: > 0 })
        {
            return builder;
        }

        // bin/{configuration}/{framework} of the running build.
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
            var file = project.GetProjectMetadata().ProjectPath;
            var folder = Path.GetDirectoryName(file)!;
            project.Annotations.Add(new ExecutableAnnotation
            {
                Command = Path.Combine(folder, "bin", output.Parent!.Name, output.Name, Path.GetFileNameWithoutExtension(file)),
                WorkingDirectory = folder,
            });
        }

        return builder;
    }

    /// <summary>Runs until Ctrl-C or SIGTERM.</summary>
    /// <returns>The exit code: 1 after a failure, which is reported in one line on standard error.</returns>
    public static int RunInstallation(this DistributedApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var installation = app.Services.GetService<Installation>();
        try
        {
            RunAsync(app, installation).GetAwaiter().GetResult();
        }
        catch (DistributedApplicationException problem)
        {
            Console.Error.WriteLine($"linkshort: {problem.Message}");
            return 1;
        }

        if (installation?.Failure is { } failure)
        {
            Console.Error.WriteLine($"linkshort: {failure}");
            return 1;
        }

        return 0;
    }

    /// <summary>
    /// Like <see cref="DistributedApplication.RunAsync"/>, but also stops the started resources if the start fails or is cancelled.
    /// </summary>
    private static async Task RunAsync(DistributedApplication app, Installation? installation)
    {
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (IsStopping(app))
        {
            // Ctrl-C during the start, or an invalid setting.
            await StopAsync(app);
            return;
        }
        catch
        {
            await StopAsync(app);
            throw;
        }

        installation?.IsStarted = true;
        await app.WaitForShutdownAsync();
    }

    private static async Task StopAsync(DistributedApplication app)
    {
        try
        {
            await app.StopAsync();
        }
        catch (OperationCanceledException)
        {
            // A service of the host was cancelled while it started. All others have stopped, and the orchestrator stops the remaining processes.
        }
    }

    private static bool IsStopping(DistributedApplication app) =>
        app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    /// <summary>The settings of a launch profile, for an app host that is started as a program.</summary>
    private static void AddDashboardDefaults(IDistributedApplicationBuilder builder, Installation installation)
    {
        var settings = builder.Configuration;
        settings["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] ??= "true"; // Loopback only.
        if (settings["ASPNETCORE_URLS"] is null || settings[DashboardPort] is { Length: > 0 })
        {
            // Our setting outweighs the address in the launch profile of `dotnet run`, `aspire run` and IDEs.
            settings["ASPNETCORE_URLS"] = FormattableString.Invariant($"http://localhost:{installation.Port(DashboardPort, 18888)}");
        }

        settings["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ??= FormattableString.Invariant($"http://localhost:{installation.Ports.Free()}");
        settings["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] ??= FormattableString.Invariant($"http://localhost:{installation.Ports.Free()}");
    }
}
