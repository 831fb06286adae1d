using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting.Engine;

/// <summary>Runs the model: checks that it can be run, gives out ports, starts what is to be started, stops it in order.</summary>
internal sealed class ApplicationEngine(
    EngineSettings settings,
    IResourceCollection resources,
    DistributedApplicationExecutionContext executionContext,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    TimeProvider time,
    IConfiguration configuration,
    IHostEnvironment environment,
    IServiceProvider services) : IHostedService, IAsyncDisposable
{
    private readonly List<EndpointProxy> _proxies = [];
    private readonly PortAllocator _ports = new();
    private Dictionary<IResource, List<ResourceInstance>> _instances = [];
    private IOperationsEndpoint? _operations;
    private FileStream? _lock;
    private Watchdog? _watchdog;
    private readonly CancellationTokenSource _ending = new();
    private Task _sampling = Task.CompletedTask;
    private bool _stopped;

    public EngineSettings Settings { get; } = settings;

    public ResourceNotificationService Notifications { get; } = notifications;

    public ResourceLoggerService Logs { get; } = logs;

    public TimeProvider Time { get; } = time;

    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    public IServiceProvider Services { get; } = services;

    public string EnvironmentName => environment.EnvironmentName;

    public bool IsDevelopment => environment.IsDevelopment();

    public PortAllocator Ports => _ports;

    public Watchdog Watchdog => _watchdog ?? throw new InvalidOperationException("The application isn't started.");

    public string RunId => Watchdog.RunId;

    /// <summary>Where processes send telemetry: where AppHost was told to (as Aspire's is), or to the dashboard.</summary>
    public TelemetryEndpoint? Telemetry { get; private set; }

    /// <summary>All replicas, in the model's order. Empty before the start.</summary>
    public IEnumerable<ResourceInstance> Instances => _instances.Values.SelectMany(replicas => replicas);

    /// <summary>The replicas that a resource's name or a replica's id means.</summary>
    /// <exception cref="DistributedApplicationException">There is none of that name.</exception>
    public IReadOnlyList<ResourceInstance> Find(string nameOrId)
    {
        var found = Instances.Where(instance => Same(instance.Id, nameOrId) || Same(instance.Resource.Name, nameOrId)).ToList();
        return found.Count > 0 ? found : throw new DistributedApplicationException($"There is no resource '{nameOrId}'. There are: {string.Join(", ", resources.Select(resource => resource.Name))}.");

        static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Those that start with the application.</summary>
    public IEnumerable<ResourceInstance> AutoStarted => Instances.Where(instance => !instance.Resource.Annotations.OfType<ExplicitStartupAnnotation>().Any());

    /// <summary>True from the moment it was asked to stop.</summary>
    public bool IsStopping => _stopped;

    public bool IsWaitedForToComplete(IResource resource) => resources
        .SelectMany(other => other.Annotations.OfType<WaitAnnotation>())
        .Any(wait => wait.WaitType == WaitType.WaitForCompletion && ReferenceEquals(wait.Resource, resource));

    /// <summary>Everything that can keep the application from being run; no process is started yet.</summary>
    /// <exception cref="DistributedApplicationException">It can't be run here.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PrepareCoreAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            await DisposeAsync();
            if (failure is IOException && DiskFull.Explain(failure, Settings.DataDirectory) is { } full)
            {
                throw new DistributedApplicationException(full, failure);
            }

            throw;
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var instance in AutoStarted)
        {
            await instance.StartAsync();
        }

        if (_operations is not null)
        {
            _sampling = SampleAsync(_ending.Token);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        await _ending.CancelAsync();
        await _sampling;
        var stopping = new Dictionary<IResource, Task>();
        await Task.WhenAll(_instances.Keys.Select(resource => StopInOrderAsync(resource, stopping, [])));
        foreach (var proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        if (_operations is not null)
        {
            await _operations.StopAsync(cancellationToken);
        }

        await EndWatchdogAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        await EndWatchdogAsync();
        foreach (var instance in Instances)
        {
            instance.Dispose();
        }

        _ending.Dispose();
        _ports.Dispose();
        Logs.Dispose();
        _lock?.Dispose();
        _lock = null;
        if (Settings.IsTemporary && Directory.Exists(Settings.DataDirectory))
        {
            try
            {
                Directory.Delete(Settings.DataDirectory, recursive: true);
            }
            catch (IOException)
            {
                // A last writer is still ending; the system clears its temporary files.
            }
        }
    }

    private async Task PrepareCoreAsync(CancellationToken cancellationToken)
    {
        OpenDataDirectory();
        await WaitForLastWatchdogAsync(cancellationToken);
        Logs.Directory = Settings.Folder("logs");
        ServerFiles.CreatePrivateDirectory(Logs.Directory);
        var plan = resources.ToDictionary(resource => resource, ReplicasOf);
        CheckPrograms(plan);
        AllocatePorts(plan);
        _instances = plan;
        Notifications.ReplicaIds = name => [.. Instances.Where(instance => string.Equals(instance.Resource.Name, name, StringComparison.OrdinalIgnoreCase)).Select(instance => instance.Id)];
        Notifications.LastLines = id => string.Join('\n', Logs.Tail(id, 15).Select(line => $"  {line.Content}"));
        _watchdog = Watchdog.Start(WatchdogLock, Settings.IsTemporary ? Settings.DataDirectory : null);
        foreach (var instance in Instances)
        {
            instance.Publish(snapshot => Describe(instance, snapshot));
        }

        _operations = Services.GetService<IOperationsEndpoint>();
        if (_operations is not null)
        {
            await _operations.StartAsync(cancellationToken);
        }

        Telemetry = ConfiguredTelemetry() ?? _operations?.Telemetry;
    }

    /// <summary>Keeps what operators see of CPU and memory fresh.</summary>
    private async Task SampleAsync(CancellationToken ending)
    {
        var sampler = new ProcessSampler(Time);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2), Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ending))
            {
                var samples = sampler.Sample([.. Instances.Select(instance => instance.ProcessId).OfType<int>()]);
                foreach (var instance in Instances)
                {
                    if (instance.ProcessId is { } id && samples.TryGetValue(id, out var sample))
                    {
                        instance.Publish(snapshot => snapshot with { CpuCores = Math.Round(sample.CpuCores, 3), MemoryBytes = sample.MemoryBytes });
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The application ends.
        }
    }

    private string WatchdogLock => Settings.Folder("watchdog.lock");

    private void OpenDataDirectory()
    {
        var directory = Settings.DataDirectory;
        try
        {
            if (!Directory.Exists(directory))
            {
                // Others may pass through (PostgreSQL's user has to), but not look.
                Directory.CreateDirectory(directory);
                File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            }

            if (DiskFull.Check(directory) is { } full)
            {
                throw new DistributedApplicationException(full);
            }

            _lock = new FileStream(Settings.Folder("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(Settings.Folder("apphost.pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            _ = Directory.GetFileSystemEntries(directory);
            _ = Settings.KeptValues.Get("");
            _ = Settings.KeptPorts.Get("");
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new DistributedApplicationException($"The data folder {directory} can't be read and written by this user ({Environment.UserName}): fix it with chown -R {Environment.UserName} {directory}, or choose another with LINKSHORT_DATA.", denied);
        }
        catch (IOException failure) when (_lock is null && File.Exists(Settings.Folder("lock")) && DiskFull.Explain(failure, directory) is null)
        {
            throw new DistributedApplicationException($"LinkShort is already running on the data folder {directory}{RunningProcess()}: end that one with ./linkshort stop, or choose another folder with LINKSHORT_DATA and other ports with LINKSHORT_PORT and LINKSHORT_REDIRECT_PORT.", failure);
        }
        catch (IOException failure)
        {
            throw new DistributedApplicationException(DiskFull.Explain(failure, directory) ?? $"The data folder {directory} can't be used ({failure.Message}): choose another with LINKSHORT_DATA.", failure);
        }
    }

    private string RunningProcess()
    {
        var file = Settings.Folder("apphost.pid");
        return File.Exists(file) ? $" (process {File.ReadAllText(file)})" : "";
    }

    /// <summary>After a kill -9 the last run's watchdog may still be ending its processes: let it, their ports are ours.</summary>
    private async Task WaitForLastWatchdogAsync(CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        while (true)
        {
            try
            {
                await using var free = new FileStream(WatchdogLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return;
            }
            catch (IOException) when (Time.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(100, cancellationToken);
            }
            catch (IOException)
            {
                throw new DistributedApplicationException($"Processes of the last run on {Settings.DataDirectory} are still ending: try again in a moment.");
            }
        }
    }

    private List<ResourceInstance> ReplicasOf(IResource resource)
    {
        var count = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
        return [.. Enumerable.Range(0, count).Select(replica => new ResourceInstance(
            this,
            resource,
            replica,
            count == 1 ? resource.Name : string.Create(CultureInfo.InvariantCulture, $"{resource.Name}-{replica + 1}"),
            WorkloadOf(resource)))];
    }

    private static Workload WorkloadOf(IResource resource) => resource switch
    {
        ProjectResource project => new ProjectWorkload(project),
        ExecutableResource executable => new ExecutableWorkload(executable),
        PostgresServerResource server => new PostgresServer(server),
        PostgresDatabaseResource database => new PostgresDatabase(database),
        RedisResource server => new RedisServer(server),
        RabbitMQServerResource server => new RabbitMQServer(server),
        ParameterResource parameter => new ParameterWorkload(parameter),
        _ => throw new DistributedApplicationException($"Resource '{resource.Name}' is a {resource.GetType().Name}, which the native engine can't run: build with -p:UseAspire=true."),
    };

    private void CheckPrograms(Dictionary<IResource, List<ResourceInstance>> plan)
    {
        var workloads = plan.Values.SelectMany(replicas => replicas).Select(instance => instance.Workload).ToList();
        var missing = workloads.SelectMany(workload => workload.MissingPackages()).Distinct().ToList();
        if (missing.Count > 0)
        {
            throw Programs.Missing(string.Join(", ", missing), string.Join(' ', missing));
        }

        foreach (var workload in workloads)
        {
            workload.Check(this);
        }
    }

    private void AllocatePorts(Dictionary<IResource, List<ResourceInstance>> plan)
    {
        // The fixed ones first: a free one could happen to be one of them.
        foreach (var resource in plan.Keys)
        {
            foreach (var port in resource.Annotations.OfType<EndpointAnnotation>().Where(_ => !Settings.IsTemporary).Select(endpoint => endpoint.Port).OfType<int>())
            {
                if (!_ports.TryReserve(port))
                {
                    throw PortTaken(resource, port);
                }
            }
        }

        var kept = new Dictionary<string, string>();
        foreach (var (resource, replicas) in plan)
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                var fixedPort = Settings.IsTemporary ? null : endpoint.Port;
                var name = $"{resource.Name}/{endpoint.Name}";
                var publicPort = fixedPort ?? Kept(name);
                // One process that listens on the public port itself needs no go-between.
                var targets = replicas.Count <= 1 && (endpoint.TargetPort is null || Settings.IsTemporary)
                    ? [publicPort]
                    : replicas.Select((_, i) => endpoint.TargetPort is { } target && replicas.Count == 1 ? target : Kept(string.Create(CultureInfo.InvariantCulture, $"{name}/{i}"))).ToArray();
                endpoint.Allocate(endpoint.TargetHost, publicPort, targets);
                if (targets.Length != 1 || targets[0] != publicPort)
                {
                    _proxies.Add(new EndpointProxy(publicPort, targets));
                }
            }
        }

        Settings.KeptPorts.Set(kept);

        int Kept(string name)
        {
            var last = int.TryParse(Settings.KeptPorts.Get(name), NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : (int?)null;
            var port = _ports.Free(last);
            kept[name] = port.ToString(CultureInfo.InvariantCulture);
            return port;
        }
    }

    private static DistributedApplicationException PortTaken(IResource resource, int port)
    {
        // The front door's setting is the product's own: LINKSHORT_PORT.
        var setting = resource.Name == "gateway" ? "LINKSHORT_PORT" : $"LINKSHORT_{ResourceName.ToVariable(resource.Name)}_PORT";
        var holder = PortHolder.Find(port) is { } found ? $" by another program ({found})" : "";
        return new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture, $"Port {port}, which '{resource.Name}' is to listen on, is taken{holder}: end what listens there, or choose another port with {setting}."));
    }

    private CustomResourceSnapshot Describe(ResourceInstance instance, CustomResourceSnapshot snapshot)
    {
        var resource = instance.Resource;
        return snapshot with
        {
            ResourceType = instance.Workload.Kind,
            Source = instance.Workload.Source,
            ParentName = (resource as IResourceWithParent)?.Parent.Name
                ?? resource.Annotations.OfType<ResourceRelationshipAnnotation>().LastOrDefault(relation => relation.Type == "Parent")?.Resource.Name,
            Replica = instance.Replica,
            State = new(KnownResourceStates.NotStarted, null),
            CreationTimeStamp = Time.GetUtcNow(),
            Urls = [.. ResourceUrls.Of(resource, instance.Replica)],
        };
    }

    /// <summary>Aspire's own settings come first: a dashboard of somebody's choice.</summary>
    private TelemetryEndpoint? ConfiguredTelemetry()
    {
        var key = configuration["AppHost:OtlpApiKey"] ?? configuration["DASHBOARD__OTLP__PRIMARYAPIKEY"];
        return (configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_ENDPOINT_URL"]) is { Length: > 0 } grpc ? new TelemetryEndpoint(grpc, "grpc", key)
            : (configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"]) is { Length: > 0 } http ? new TelemetryEndpoint(http, "http/protobuf", key)
            : null;
    }

    private Task StopInOrderAsync(IResource resource, Dictionary<IResource, Task> stopping, HashSet<IResource> path)
    {
        if (stopping.TryGetValue(resource, out var already))
        {
            return already;
        }

        if (!path.Add(resource))
        {
            return Task.CompletedTask; // Two that refer to each other: neither waits.
        }

        var dependents = _instances.Keys.Where(other => DependsOn(other, resource)).Select(other => StopInOrderAsync(other, stopping, path)).ToList();
        path.Remove(resource);
        return stopping[resource] = StopAfterAsync(dependents, _instances[resource]);

        static async Task StopAfterAsync(List<Task> dependents, List<ResourceInstance> replicas)
        {
            await Task.WhenAll(dependents);
            await Task.WhenAll(replicas.Select(replica => replica.StopAsync()));
        }
    }

    private static bool DependsOn(IResource resource, IResource other) =>
        (resource is IResourceWithParent { Parent: var parent } && ReferenceEquals(parent, other))
        || resource.Annotations.OfType<WaitAnnotation>().Any(wait => ReferenceEquals(wait.Resource, other))
        || (other is IResourceWithConnectionString && resource.Annotations.OfType<ResourceRelationshipAnnotation>().Any(relation => relation.Type == "Reference" && ReferenceEquals(relation.Resource, other)));

    private async Task EndWatchdogAsync()
    {
        if (_watchdog is not null)
        {
            await _watchdog.DisposeAsync();
            _watchdog = null;
        }
    }
}

/// <summary>The addresses that a resource is shown with.</summary>
internal static class ResourceUrls
{
    public static IEnumerable<UrlSnapshot> Of(IResource resource, int replica)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            if (endpoint.AllocatedEndpoint is not { } allocated)
            {
                continue;
            }

            var shown = new ResourceUrlAnnotation { Url = allocated.UriString, Endpoint = resource is IResourceWithEndpoints owner ? new EndpointReference(owner, endpoint.Name) : null };
            foreach (var change in resource.Annotations.OfType<EndpointUrlCallbackAnnotation>().Where(change => string.Equals(change.EndpointName, endpoint.Name, StringComparison.OrdinalIgnoreCase)))
            {
                change.Callback(shown);
            }

            var url = shown.Url.StartsWith('/') ? allocated.UriString + shown.Url : shown.Url;
            yield return new UrlSnapshot(endpoint.Name, url, IsInternal: endpoint.UriScheme is not ("http" or "https"), shown.DisplayText);
            if (endpoint.ReplicaPorts[replica] != allocated.Port)
            {
                yield return new UrlSnapshot(endpoint.Name, string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://{endpoint.TargetHost}:{endpoint.ReplicaPorts[replica]}"), IsInternal: true);
            }
        }

        foreach (var extra in resource.Annotations.OfType<ResourceUrlAnnotation>())
        {
            yield return new UrlSnapshot(null, extra.Url, IsInternal: false, extra.DisplayText);
        }
    }
}
