using System.Collections.Concurrent;
using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace LinkShort.Testing;

/// <summary>An Aspire app host in the test's process, on free ports, with a data folder that is deleted with it.</summary>
public sealed class RunningModel : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _processes = new();
    private readonly CancellationTokenSource _watching = new();
    private readonly Task _watch;

    private RunningModel(DistributedApplication app, string dataDirectory)
    {
        (App, DataDirectory) = (app, dataDirectory);
        _watch = WatchAsync();
    }

    public DistributedApplication App { get; }

    public string DataDirectory { get; }

    /// <param name="settings">As on the command line: <c>--KEY=value</c>.</param>
    /// <param name="change">Changes the model before it is built.</param>
    /// <param name="healthy">Resources to wait for.</param>
    /// <param name="cancellationToken">Limits the start.</param>
    public static async Task<RunningModel> StartAsync<TAppHost>(
        IEnumerable<string> settings, Action<IDistributedApplicationTestingBuilder>? change, IEnumerable<string> healthy, CancellationToken cancellationToken)
        where TAppHost : class
    {
        // PostgreSQL's own user needs access to its files if root runs this.
        var data = Path.Combine(Path.GetTempPath(), $"linkshort-{Guid.NewGuid():N}"[..26]);
        Directory.CreateDirectory(data, (UnixFileMode)0b111_001_001);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<TAppHost>(
            [$"--LINKSHORT_DATA={data}", "--LINKSHORT_TEMPORARY=true", .. settings], cancellationToken);
        builder.Services.AddLogging(logging => logging.ClearProviders());
        change?.Invoke(builder);
        var model = new RunningModel(await builder.BuildAsync(cancellationToken), data);
        try
        {
            await model.App.StartAsync(cancellationToken);
            await model.HealthyAsync(cancellationToken, healthy);
            return model;
        }
        catch
        {
            await model.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the resources are healthy; a service may also be degraded, in which it serves.</summary>
    public Task HealthyAsync(CancellationToken cancellationToken, params IEnumerable<string> names) => Task.WhenAll(names.Select(name => Resource(name) is ProjectResource
        ? App.ResourceNotifications.WaitForResourceAsync(name, change => change.Snapshot.HealthStatus is HealthStatus.Healthy or HealthStatus.Degraded, cancellationToken)
        : App.ResourceNotifications.WaitForResourceHealthyAsync(name, WaitBehavior.WaitOnResourceUnavailable, cancellationToken)));

    /// <summary>Stops a resource gracefully, and waits until it has stopped.</summary>
    public async Task StopResourceAsync(string name, CancellationToken cancellationToken = default)
    {
        await ExecuteAsync(name, KnownResourceCommands.StopCommand, cancellationToken);
        await App.ResourceNotifications.WaitForResourceAsync(name, KnownResourceStates.TerminalStates, cancellationToken);
    }

    /// <summary>Starts a stopped resource, and waits until it is healthy.</summary>
    public async Task StartResourceAsync(string name, CancellationToken cancellationToken = default)
    {
        if (ProcessId(name) == 0)
        {
            await ExecuteAsync(name, KnownResourceCommands.StartCommand, cancellationToken);
        }

        await HealthyAsync(cancellationToken, name);
    }

    /// <summary>The process id of a resource; 0 without one.</summary>
    public int ProcessId(string name) => _processes.GetValueOrDefault(name);

    /// <summary>Kills the process of a resource.</summary>
    /// <returns>Its id.</returns>
    public int Kill(string name)
    {
        var id = ProcessId(name);
        using var process = Process.GetProcessById(id);
        process.Kill(entireProcessTree: true); // A server may run below a shell.
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        if (_watching.IsCancellationRequested)
        {
            return;
        }

        await _watching.CancelAsync();
        await _watch;
        await App.DisposeAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var change in App.ResourceNotifications.WatchAsync(_watching.Token))
            {
                var isRunning = change.Snapshot.State?.Text == KnownResourceStates.Running;
                _processes[change.Resource.Name] = isRunning ? change.Snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value as int? ?? 0 : 0;
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private IResource Resource(string name) =>
        App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);

    private async Task ExecuteAsync(string name, string command, CancellationToken cancellationToken)
    {
        var result = await App.ResourceCommands.ExecuteCommandAsync(Resource(name), command, cancellationToken);
        if (!result.Success)
        {
            throw new InvalidOperationException($"{command} of {name}: {result.Message}");
        }
    }
}
