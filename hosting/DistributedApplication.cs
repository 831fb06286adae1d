using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Engine;
using LinkShort.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>The built model; starting it starts the processes, disposing it ends every one of them.</summary>
public sealed class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly bool _waitsInRun;
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal DistributedApplication(IHost host, bool waitsInRun)
    {
        _host = host;
        _waitsInRun = waitsInRun;
        Engine = host.Services.GetRequiredService<ApplicationEngine>();
        ResourceNotifications = host.Services.GetRequiredService<ResourceNotificationService>();
        ResourceCommands = host.Services.GetRequiredService<ResourceCommandService>();
    }

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications { get; }

    public ResourceCommandService ResourceCommands { get; }

    internal ApplicationEngine Engine { get; }

    public static IDistributedApplicationBuilder CreateBuilder(string[]? args = null) =>
        CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        if (AmbientTest.Current is { } test)
        {
            return test.CreateBuilder(options);
        }

        // What the model itself finds wrong with a setting is for people, not a crash to be dumped.
        AppDomain.CurrentDomain.UnhandledException += (_, failure) =>
        {
            if (failure.ExceptionObject is DistributedApplicationException problem)
            {
                Console.Error.WriteLine($"linkshort: {problem.Message}");
                Environment.Exit(1);
            }
        };
        return new DistributedApplicationBuilder(options);
    }

    /// <summary>Starts the processes; returns when they are on their way. Wait with <see cref="ResourceNotifications"/>.</summary>
    /// <exception cref="DistributedApplicationException">It can't be run here; nothing was started.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        // Not in a hosted service: the host would log what goes wrong here with its stack.
        await Engine.PrepareAsync(cancellationToken);
        await _host.StartAsync(cancellationToken);
    }

    /// <summary>Stops the processes, dependents first.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>Starts, then stops on Ctrl-C or SIGTERM. What keeps it from running is one line on standard error and exit code 1.</summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (_waitsInRun)
        {
            // The test starts, stops and disposes it.
            await _disposed.Task.WaitAsync(cancellationToken);
            return;
        }

        try
        {
            await StartAsync(cancellationToken);
            await _host.WaitForShutdownAsync(cancellationToken);
        }
        catch (DistributedApplicationException problem)
        {
            await Console.Error.WriteLineAsync($"linkshort: {problem.Message}");
            Environment.ExitCode = 1;
        }
        catch (OperationCanceledException) when (_host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
        {
            // Ctrl-C while it was still starting.
        }
        finally
        {
            await DisposeAsync();
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        _disposed.TrySetResult();
    }
}
