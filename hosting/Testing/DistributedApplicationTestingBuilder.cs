using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Engine;
using LinkShort.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>Whole applications for tests: free ports instead of fixed ones, temporary data, everything ended and removed on disposal.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>Runs the entry point of the AppHost up to its call of Build. The model can be changed before <see cref="IDistributedApplicationTestingBuilder.BuildAsync"/>.</summary>
    /// <typeparam name="TEntryPoint">A type of the AppHost's assembly: <c>Projects.AppHost</c>.</typeparam>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <typeparam name="TEntryPoint">A type of the AppHost's assembly: <c>Projects.AppHost</c>.</typeparam>
    /// <param name="args">Added to the entry point's: configuration such as <c>--LINKSHORT_X=y</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        var test = new AmbientTest(args, typeof(TEntryPoint).Assembly);
        test.Start();
        return new EntryPointBuilder(test, await test.ReachedBuild.WaitAsync(cancellationToken));
    }

    /// <summary>An empty application.</summary>
    public static IDistributedApplicationTestingBuilder Create(params string[] args) => new EmptyBuilder(args);

    private sealed class EntryPointBuilder(AmbientTest test, DistributedApplicationBuilder inner) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => inner.Configuration;

        public string AppHostDirectory => inner.AppHostDirectory;

        public Assembly? AppHostAssembly => inner.AppHostAssembly;

        public IHostEnvironment Environment => inner.Environment;

        public IServiceCollection Services => inner.Services;

        public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;

        public IResourceCollection Resources => inner.Resources;

        public IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource => inner.AddResource(resource);

        public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
            where T : IResource => inner.CreateResourceBuilder(resource);

        public DistributedApplication Build() => BuildAsync(CancellationToken.None).GetAwaiter().GetResult();

        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
        {
            test.AllowBuild();
            return test.Built.WaitAsync(cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class EmptyBuilder(string[] args)
        : DistributedApplicationBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true }, EngineSettings.Temporary()), IDistributedApplicationTestingBuilder
    {
        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken) => Task.FromResult(Build());

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client whose base address is the resource's endpoint.</summary>
    /// <param name="app">Started.</param>
    /// <param name="resourceName">Name.</param>
    /// <param name="endpointName">"http" by default.</param>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null) =>
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = true }) { BaseAddress = app.GetEndpoint(resourceName, endpointName) };

    public static ValueTask<string?> GetConnectionStringAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        app.Resource(resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"Resource '{resourceName}' has no connection string.", nameof(resourceName));

    /// <summary>The address that all replicas share.</summary>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null) =>
        new(app.Endpoint(resourceName, endpointName).AllocatedEndpoint?.UriString ?? throw new InvalidOperationException("The application isn't started."));

    /// <summary>Each replica's own address, in their order. (Aspire has no such thing.)</summary>
    public static IReadOnlyList<Uri> GetReplicaEndpoints(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var endpoint = app.Endpoint(resourceName, endpointName);
        return [.. endpoint.ReplicaPorts.Select(port => new Uri(FormattableString.Invariant($"{endpoint.UriScheme}://{endpoint.TargetHost}:{port}")))];
    }

    /// <summary>The processes of all replicas that run now. (Aspire has no such thing.)</summary>
    public static IReadOnlyList<int> GetProcessIds(this DistributedApplication app, string resourceName) =>
        [.. app.Engine.Find(resourceName).Select(instance => instance.ProcessId).OfType<int>()];

    /// <summary>kill -9 for a resource's processes, or one replica's by its id. The engine starts them again. (Aspire has no such thing.)</summary>
    public static IReadOnlyList<int> Kill(this DistributedApplication app, string resourceName)
    {
        var processes = app.GetProcessIds(resourceName);
        foreach (var process in processes)
        {
            Posix.Signal(process, Posix.SigKill);
        }

        return processes;
    }

    /// <summary>Ends a resource as an operator would, and waits for that. (On Aspire: ResourceCommands.)</summary>
    public static Task StopResourceAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        app.ResourceCommands.ExecuteCommandAsync(resourceName, KnownResourceCommands.StopCommand, cancellationToken);

    /// <summary>Starts a resource as an operator would; wait with ResourceNotifications.</summary>
    public static Task StartResourceAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        app.ResourceCommands.ExecuteCommandAsync(resourceName, KnownResourceCommands.StartCommand, cancellationToken);

    /// <summary>The newest console lines of a resource or replica.</summary>
    public static IReadOnlyList<string> GetConsoleLines(this DistributedApplication app, string resourceId, int count = 200) =>
        [.. app.Engine.Logs.Tail(resourceId, count).Select(line => line.Content)];

    /// <summary>The folder with this run's data: spools, mail. Removed on disposal.</summary>
    public static string GetDataDirectory(this DistributedApplication app) => app.Engine.Settings.DataDirectory;

    private static IResource Resource(this DistributedApplication app, string name) => app.Services.GetRequiredService<IResourceCollection>()
        .FirstOrDefault(resource => string.Equals(resource.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"Resource '{name}' not found.", nameof(name));

    private static EndpointAnnotation Endpoint(this DistributedApplication app, string resourceName, string? endpointName)
    {
        var endpoints = app.Resource(resourceName).Annotations.OfType<EndpointAnnotation>().ToList();
        return (endpointName is null
                ? endpoints.FirstOrDefault(endpoint => endpoint.UriScheme == "http") ?? endpoints.FirstOrDefault()
                : endpoints.FirstOrDefault(endpoint => string.Equals(endpoint.Name, endpointName, StringComparison.OrdinalIgnoreCase)))
            ?? throw new ArgumentException($"Resource '{resourceName}' has no endpoint{(endpointName is null ? "" : $" '{endpointName}'")}.", nameof(endpointName));
    }
}
