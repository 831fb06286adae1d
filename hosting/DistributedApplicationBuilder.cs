using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting;
using LinkShort.Hosting.Dashboard;
using LinkShort.Hosting.Engine;
using LinkShort.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }

    string AppHostDirectory { get; }

    Assembly? AppHostAssembly { get; }

    IHostEnvironment Environment { get; }

    IServiceCollection Services { get; }

    DistributedApplicationExecutionContext ExecutionContext { get; }

    IResourceCollection Resources { get; }

    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource;

    DistributedApplication Build();
}

public enum DistributedApplicationOperation
{
    Run,
    Publish,
}

/// <summary>This engine only runs; publishing is Aspire's (<c>-p:UseAspire=true</c>).</summary>
public sealed class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    public DistributedApplicationOperation Operation { get; } = operation;

    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;
}

public sealed class DistributedApplicationOptions
{
    public string[]? Args { get; set; }

    /// <summary>The assembly whose <c>AppHost</c> project is run; the entry assembly by default.</summary>
    public string? AssemblyName { get; set; }

    public bool DisableDashboard { get; set; }
}

internal class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;

    public DistributedApplicationBuilder(DistributedApplicationOptions options, EngineSettings? settings = null, Assembly? assembly = null)
    {
        AppHostAssembly = assembly ?? (options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly());
        AppHostDirectory = FindAppHostDirectory(AppHostAssembly);
        _host = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = options.Args,
            ContentRootPath = AppHostDirectory,
            ApplicationName = AppHostAssembly?.GetName().Name,
            // As launchSettings.json sets it for Aspire: running the model on this machine is development unless said otherwise.
            EnvironmentName = System.Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
                ?? System.Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
                ?? Environments.Development,
            Configuration = WithoutReloading(),
        });
        Settings = settings ?? EngineSettings.From(_host.Configuration, AppHostDirectory);
        // The model passes it on to services: it is absolute for them, and a test's own folder in tests.
        _host.Configuration["LINKSHORT_DATA"] = Settings.DataDirectory;
        _host.Logging.ClearProviders();
        _host.Logging.AddSimpleConsole(console => console.SingleLine = true);
        _host.Logging.SetMinimumLevel(LogLevel.Warning);
        _host.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
        _host.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(90));
        if (Settings.IsTemporary)
        {
            // A test host's Ctrl-C is its own affair.
            _host.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        }

        _host.Services.AddSingleton(TimeProvider.System);
        _host.Services.AddSingleton(Settings);
        _host.Services.AddSingleton(Resources);
        _host.Services.AddSingleton(ExecutionContext);
        _host.Services.AddSingleton<ResourceNotificationService>();
        _host.Services.AddSingleton<ResourceLoggerService>();
        _host.Services.AddSingleton<ResourceCommandService>();
        _host.Services.AddSingleton<ApplicationEngine>();
        _host.Services.AddHostedService(services => services.GetRequiredService<ApplicationEngine>());
        if (!options.DisableDashboard)
        {
            _host.Services.AddSingleton<DashboardServer>();
            _host.Services.AddSingleton<IOperationsEndpoint>(services => services.GetRequiredService<DashboardServer>());
        }

        if (!Settings.IsTemporary)
        {
            _host.Services.AddHostedService<StartReport>();
        }
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; } = new(DistributedApplicationOperation.Run);

    public IResourceCollection Resources { get; } = new ResourceCollection();

    internal EngineSettings Settings { get; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public virtual DistributedApplication Build()
    {
        AmbientTest.Current?.BeforeBuild(this);
        var application = new DistributedApplication(_host.Build(), waitsInRun: AmbientTest.Current is not null);
        AmbientTest.Current?.AfterBuild(application);
        return application;
    }

    /// <summary>The model is built once: watching its settings' folder would be for nothing, and inotify's instances are few.</summary>
    private static ConfigurationManager WithoutReloading()
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("hostBuilder:reloadConfigOnChange", "false")]);
        return configuration;
    }

    private static string FindAppHostDirectory(Assembly? assembly)
    {
        var directory = assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(metadata => string.Equals(metadata.Key, "apphostprojectpath", StringComparison.OrdinalIgnoreCase))?.Value;
        return directory is not null && Directory.Exists(directory) ? Path.TrimEndingDirectorySeparator(directory) : Directory.GetCurrentDirectory();
    }

    private sealed class ResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder { get; } = builder;

        public T Resource { get; } = resource;

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior)
            where TAnnotation : IResourceAnnotation
        {
            if (behavior == ResourceAnnotationMutationBehavior.Replace)
            {
                foreach (var existing in Resource.Annotations.OfType<TAnnotation>().ToList())
                {
                    Resource.Annotations.Remove(existing);
                }
            }

            Resource.Annotations.Add(annotation);
            return this;
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

public static class DistributedApplicationBuilderExtensions
{
    /// <summary>A builder for a resource that exists already, by name.</summary>
    public static IResourceBuilder<T> CreateResourceBuilder<T>(this IDistributedApplicationBuilder builder, string name)
        where T : IResource
    {
        var resource = builder.Resources.FirstOrDefault(candidate => string.Equals(candidate.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidOperationException($"Resource '{name}' was not found.");
        return resource is T typed
            ? builder.CreateResourceBuilder(typed)
            : throw new InvalidOperationException($"Resource '{name}' of type '{resource.GetType()}' cannot be assigned to '{typeof(T)}'.");
    }
}
