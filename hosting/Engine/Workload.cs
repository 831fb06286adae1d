using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting.Engine;

/// <summary>How one kind of resource is run. One object per replica.</summary>
internal abstract class Workload
{
    /// <summary>As operators see it: "Project", "PostgreSQL" …</summary>
    public abstract string Kind { get; }

    /// <summary>What is run.</summary>
    public abstract string? Source { get; }

    /// <summary>The Debian packages that are missing to run it. Asked before anything is started.</summary>
    public virtual IEnumerable<string> MissingPackages() => [];

    /// <summary>What makes it impossible to run here. Asked before anything is started.</summary>
    /// <exception cref="DistributedApplicationException">With what to do.</exception>
    public virtual void Check(ApplicationEngine engine)
    {
    }

    /// <summary>Makes everything ready and says what to run; null when there is no process to run.</summary>
    public abstract Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken);

    /// <summary>After the process has ended, by itself or not.</summary>
    public virtual Task EndedAsync() => Task.CompletedTask;

    /// <summary>Whether a process that ended by itself is started again.</summary>
    public virtual bool RestartsAfter(int exitCode) => true;
}

/// <summary>A parameter has nothing to run, only something to show.</summary>
internal sealed class ParameterWorkload(ParameterResource parameter) : Workload
{
    public override string Kind => "Parameter";

    public override string? Source => null;

    /// <summary>A value that is missing is told before anything is started with half of its settings.</summary>
    public override void Check(ApplicationEngine engine) => parameter.GetValueAsync().AsTask().GetAwaiter().GetResult();

    public override async Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var value = await parameter.GetValueAsync(cancellationToken);
        instance.Publish(snapshot => snapshot with { EnvironmentVariables = [new EnvironmentVariableSnapshot("Value", value, parameter.Secret, IsFromSpec: true)] });
        return null;
    }
}

/// <summary>A .NET project's built assembly, run as Aspire runs it.</summary>
internal sealed class ProjectWorkload(ProjectResource project) : Workload
{
    private readonly IProjectMetadata _metadata = project.Annotations.OfType<IProjectMetadata>().First();

    public override string Kind => "Project";

    public override string? Source => Path.GetFileName(_metadata.ProjectPath);

    public override void Check(ApplicationEngine engine) => _ = TargetPath();

    public override async Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var environment = await ProcessEnvironment.ForProjectAsync(project, instance, cancellationToken);
        instance.Publish(snapshot => snapshot with { EnvironmentVariables = environment.Snapshot() });
        return new ProcessSpec
        {
            FileName = DotnetPath(),
            Arguments = [TargetPath(), .. await ProcessEnvironment.ArgumentsAsync(project, cancellationToken)],
            WorkingDirectory = Path.GetDirectoryName(_metadata.ProjectPath)!,
            Environment = environment.Values(),
        };
    }

    private static string DotnetPath()
    {
        // Prefer the runtime that runs this process: PATH may have none, or another.
        var own = System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory();
        var beside = Path.GetFullPath(Path.Combine(own, "..", "..", "..", "dotnet"));
        return File.Exists(beside) ? beside : Programs.Require("dotnet", "dotnet-sdk-10.0");
    }

    private string TargetPath()
    {
        var path = _metadata is INativeProjectMetadata native
            ? native.TargetPath
            : Path.Combine(Path.GetDirectoryName(_metadata.ProjectPath)!, "bin", Configuration(), "net10.0", Path.GetFileNameWithoutExtension(_metadata.ProjectPath) + ".dll");
        return File.Exists(path)
            ? path
            : throw new DistributedApplicationException($"Project '{project.Name}' is not built ({path} is missing): run dotnet build {_metadata.ProjectPath}");
    }

    private static string Configuration() => AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
}

/// <summary>Any program. One that ends with 0 has finished; any other end is a crash.</summary>
internal sealed class ExecutableWorkload(ExecutableResource executable) : Workload
{
    public override string Kind => "Executable";

    public override string? Source => executable.Command;

    public override void Check(ApplicationEngine engine)
    {
        _ = Program();
        if (!Directory.Exists(executable.WorkingDirectory))
        {
            throw new DistributedApplicationException($"The working directory of executable '{executable.Name}' does not exist: {executable.WorkingDirectory}");
        }
    }

    public override bool RestartsAfter(int exitCode) => exitCode != 0;

    public override async Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var environment = await ProcessEnvironment.ForExecutableAsync(executable, instance, cancellationToken);
        instance.Publish(snapshot => snapshot with { EnvironmentVariables = environment.Snapshot() });
        return new ProcessSpec
        {
            FileName = Program(),
            Arguments = await ProcessEnvironment.ArgumentsAsync(executable, cancellationToken),
            WorkingDirectory = executable.WorkingDirectory,
            Environment = environment.Values(),
        };
    }

    private string Program()
    {
        var beside = Path.GetFullPath(executable.Command, executable.WorkingDirectory);
        return (executable.Command.Contains('/', StringComparison.Ordinal) ? (File.Exists(beside) ? beside : null) : Programs.Find(executable.Command))
            ?? throw new DistributedApplicationException($"The command of executable '{executable.Name}' was not found: {executable.Command}");
    }
}

/// <summary>The variables of one process, and which of them hold a secret or come from AppHost's own environment.</summary>
internal sealed class ProcessEnvironment
{
    // What would make a service listen, or name itself, as AppHost or its test host does.
    private static readonly string[] NotPassedOn =
    [
        "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "ASPNETCORE_HTTPS_PORT", "ASPNETCORE_CONTENTROOT", "ASPNETCORE_APPLICATIONNAME",
        "DOTNET_URLS", "DOTNET_HTTP_PORTS", "DOTNET_HTTPS_PORTS", "DOTNET_CONTENTROOT", "DOTNET_APPLICATIONNAME", "URLS", "HTTP_PORTS",
        "DOTNET_LAUNCH_PROFILE", "DOTNET_STARTUP_HOOKS", "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
        "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "LINKSHORT_RUN_ID",
    ];

    private static readonly string[] SecretParts = ["PASSWORD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "PRIVATE", "CREDENTIAL", "CONNECTIONSTRING"];

    private readonly SortedDictionary<string, EnvironmentVariableSnapshot> _variables = new(StringComparer.Ordinal);

    /// <summary>A project's: AppHost's own, then Aspire's for projects, then what the model adds.</summary>
    public static async Task<ProcessEnvironment> ForProjectAsync(ProjectResource project, ResourceInstance instance, CancellationToken cancellationToken)
    {
        var environment = Inherited(instance);
        var profile = project.Annotations.OfType<LaunchProfile>().FirstOrDefault();
        foreach (var (name, value) in profile?.Environment ?? ImmutableDictionary<string, string>.Empty)
        {
            if (!environment._variables.ContainsKey(name))
            {
                environment.Set(name, value);
            }
        }

        foreach (var name in new[] { "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT" })
        {
            if (!environment._variables.ContainsKey(name))
            {
                environment.Set(name, instance.Engine.EnvironmentName);
            }
        }

        environment.Set("LOGGING__CONSOLE__FORMATTERNAME", "simple");
        environment.Set("LOGGING__CONSOLE__FORMATTEROPTIONS__TIMESTAMPFORMAT", "yyyy-MM-ddTHH:mm:ss.fffffff ");
        var urls = project.Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.UriScheme is "http" or "https" && endpoint.PortVariable is null)
            .Select(endpoint => FormattableString.Invariant($"{endpoint.UriScheme}://{endpoint.TargetHost}:{endpoint.ReplicaPorts[instance.Replica]}"))
            .ToList();
        if (urls.Count > 0)
        {
            environment.Set("ASPNETCORE_URLS", string.Join(';', urls));
        }

        environment.AddTelemetry(instance);
        await environment.AddModelAsync(project, instance, cancellationToken);
        return environment;
    }

    public static async Task<ProcessEnvironment> ForExecutableAsync(ExecutableResource executable, ResourceInstance instance, CancellationToken cancellationToken)
    {
        var environment = Inherited(instance);
        if (executable.Annotations.OfType<OtlpExporterAnnotation>().Any())
        {
            environment.AddTelemetry(instance);
        }

        await environment.AddModelAsync(executable, instance, cancellationToken);
        return environment;
    }

    /// <summary>A server's: nothing of AppHost's, whose PG… or RABBITMQ_… variables would change what it does.</summary>
    public static ProcessEnvironment ForServer(ResourceInstance instance)
    {
        var environment = new ProcessEnvironment();
        environment.Set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.Set("LANG", "C.UTF-8");
        environment.Set("LC_ALL", "C.UTF-8");
        environment.Set("LINKSHORT_RUN_ID", instance.Engine.RunId);
        return environment;
    }

    public static async Task<IReadOnlyList<string>> ArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        var arguments = new List<string>();
        foreach (var argument in context.Args)
        {
            arguments.Add((await ResolveAsync(argument, cancellationToken)).Value);
        }

        return arguments;
    }

    public void Set(string name, string value, bool isSecret = false) =>
        _variables[name] = new EnvironmentVariableSnapshot(name, value, isSecret, IsFromSpec: true);

    public IReadOnlyDictionary<string, string> Values() => _variables.Values.ToDictionary(variable => variable.Name, variable => variable.Value ?? "");

    public ImmutableArray<EnvironmentVariableSnapshot> Snapshot() => [.. _variables.Values];

    /// <summary>What the resource's WithEnvironment and WithReference calls add.</summary>
    public async Task AddModelAsync(IResource resource, ResourceInstance instance, CancellationToken cancellationToken)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            if (endpoint.PortVariable is { } variable)
            {
                Set(variable, FormattableString.Invariant($"{endpoint.ReplicaPorts[instance.Replica]}"));
            }
        }

        var context = new EnvironmentCallbackContext(instance.Engine.ExecutionContext, resource, cancellationToken: cancellationToken) { Logger = instance.Logger };
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        foreach (var (name, wanted) in context.EnvironmentVariables)
        {
            var (value, isSecret) = await ResolveAsync(wanted, cancellationToken);
            Set(name, value, isSecret);
        }
    }

    private static ProcessEnvironment Inherited(ResourceInstance instance)
    {
        var environment = new ProcessEnvironment();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (!NotPassedOn.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                environment._variables[name] = new EnvironmentVariableSnapshot(name, (string?)variable.Value, LooksSecret(name), IsFromSpec: false);
            }
        }

        environment.Set("LINKSHORT_RUN_ID", instance.Engine.RunId);
        return environment;
    }

    private static async Task<(string Value, bool IsSecret)> ResolveAsync(object wanted, CancellationToken cancellationToken) => wanted switch
    {
        string text => (text, false),
        IResourceBuilder<ParameterResource> builder => await ResolveAsync(builder.Resource, cancellationToken),
        IValueProvider provider => (await provider.GetValueAsync(cancellationToken) ?? "", HoldsSecret(provider)),
        IFormattable value => (value.ToString(null, System.Globalization.CultureInfo.InvariantCulture), false),
        _ => (wanted.ToString() ?? "", false),
    };

    private static bool HoldsSecret(IValueProvider provider) => provider switch
    {
        ParameterResource parameter => parameter.Secret,
        ReferenceExpression expression => expression.ValueProviders.Any(HoldsSecret),
        IResourceWithConnectionString resource => HoldsSecret(resource.ConnectionStringExpression),
        _ => false,
    };

    // AppHost's own environment isn't typed: better one masked too many.
    private static bool LooksSecret(string name) => SecretParts
        .Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private void AddTelemetry(ResourceInstance instance)
    {
        Set("OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EXCEPTION_LOG_ATTRIBUTES", "true");
        Set("OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EVENT_LOG_ATTRIBUTES", "true");
        Set("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (instance.Engine.Telemetry is not { } telemetry)
        {
            return;
        }

        Set("OTEL_EXPORTER_OTLP_ENDPOINT", telemetry.Url);
        Set("OTEL_EXPORTER_OTLP_PROTOCOL", telemetry.Protocol);
        if (telemetry.ApiKey is { } key)
        {
            Set("OTEL_EXPORTER_OTLP_HEADERS", $"x-otlp-api-key={key}", isSecret: true);
        }

        Set("OTEL_SERVICE_NAME", instance.Resource.Name);
        Set("OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={instance.Id}");
        if (instance.Engine.IsDevelopment)
        {
            Set("OTEL_BLRP_SCHEDULE_DELAY", "1000");
            Set("OTEL_BSP_SCHEDULE_DELAY", "1000");
            Set("OTEL_METRIC_EXPORT_INTERVAL", "1000");
            Set("OTEL_TRACES_SAMPLER", "always_on");
            Set("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based");
        }
    }
}

/// <summary>The program speaks OTLP: it gets the variables that projects get.</summary>
internal sealed class OtlpExporterAnnotation : IResourceAnnotation;

/// <summary>Where processes send traces, metrics and logs.</summary>
/// <param name="Url">OTLP endpoint.</param>
/// <param name="Protocol">"grpc" or "http/protobuf".</param>
/// <param name="ApiKey">Sent as x-otlp-api-key; null for none.</param>
internal sealed record TelemetryEndpoint(string Url, string Protocol, string? ApiKey);

/// <summary>Something served to operators while the application runs (the dashboard). Started first, so that telemetry has somewhere to go.</summary>
internal interface IOperationsEndpoint
{
    /// <summary>Its OTLP receiver, once started; null for none.</summary>
    TelemetryEndpoint? Telemetry { get; }

    Task StartAsync(CancellationToken cancellationToken);

    Task StopAsync(CancellationToken cancellationToken);
}
