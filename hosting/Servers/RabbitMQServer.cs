using System.Globalization;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Engine;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace LinkShort.Hosting.Servers;

/// <summary>
/// A RabbitMQ node with a name server (epmd) of its own: nothing is shared with another node on the machine.
/// Everything listens on the loopback address; settings are in files that only their owner reads.
/// </summary>
internal sealed class RabbitMQServer(RabbitMQServerResource server) : Workload
{
    private const string Package = "rabbitmq-server";
    private const string NodeName = "linkshort@localhost";

    private ChildProcess? _nameServer;
    private ApplicationEngine? _engine;
    private int _nameServerPort;
    private int _distributionPort;

    public override string Kind => "RabbitMQ";

    public override string? Source => Script() is { } script ? Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(script))) : Package;

    public override IEnumerable<string> MissingPackages() => Script() is null || Programs.Find("epmd") is null ? [Package] : [];

    public override async Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        _engine = instance.Engine;
        var directory = instance.Engine.Settings.Folder(server.Name);
        ServerFiles.CreatePrivateDirectory(directory);
        if (_nameServerPort == 0)
        {
            _nameServerPort = instance.Engine.Ports.Free();
            _distributionPort = instance.Engine.Ports.Free();
        }

        var environment = Environment(instance, directory);
        await StartNameServerAsync(instance, environment);

        var hasManagement = server.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(endpoint => endpoint.Name == RabbitMQServerResource.ManagementEndpointName) is { } management
            ? management.ReplicaPorts[0]
            : (int?)null;
        await ServerFiles.WritePrivateAsync(Path.Combine(directory, "rabbitmq.conf"), await ConfigurationAsync(hasManagement, cancellationToken), cancellationToken);
        await ServerFiles.WritePrivateAsync(Path.Combine(directory, "enabled_plugins"), hasManagement is null ? "[].\n" : "[rabbitmq_management].\n", cancellationToken);

        await environment.AddModelAsync(server, instance, cancellationToken);
        instance.Publish(snapshot => snapshot with { EnvironmentVariables = environment.Snapshot() });
        return new ProcessSpec
        {
            FileName = Script()!,
            Arguments = await ProcessEnvironment.ArgumentsAsync(server, cancellationToken),
            WorkingDirectory = directory,
            Environment = environment.Values(),
            // An orderly stop takes five seconds.
            AbandonSignal = Posix.SigKill,
            StopTimeout = TimeSpan.FromSeconds(20),
        };
    }

    /// <summary>The node doesn't take its name server with it.</summary>
    public override async Task EndedAsync()
    {
        if (_nameServer is { } nameServer)
        {
            _nameServer = null;
            await nameServer.StopAsync(Posix.SigKill, TimeSpan.FromSeconds(1));
            await _engine!.Watchdog.EndedAsync(nameServer);
        }
    }

    /// <summary>The server's own start script: Debian's wrapper in /usr/sbin changes user and reads /etc/rabbitmq.</summary>
    private static string? Script()
    {
        const string root = "/usr/lib/rabbitmq/lib";
        return !Directory.Exists(root) ? null : Directory.EnumerateDirectories(root, "rabbitmq_server-*")
            .OrderDescending(StringComparer.Ordinal)
            .Select(directory => Path.Combine(directory, "sbin", "rabbitmq-server"))
            .FirstOrDefault(File.Exists);
    }

    private static void Add(StringBuilder text, string key, string value) => text.Append(key).Append(" = ").Append(value).Append('\n');

    private ProcessEnvironment Environment(ResourceInstance instance, string directory)
    {
        var environment = ProcessEnvironment.ForServer(instance);
        void Set(string name, string value) => environment.Set(name, value);
        // Where Erlang keeps the cookie that lets nodes talk: made at the first start, for its owner only.
        Set("HOME", directory);
        Set("ERL_EPMD_ADDRESS", "127.0.0.1");
        Set("ERL_EPMD_PORT", _nameServerPort.ToString(CultureInfo.InvariantCulture));
        Set("RABBITMQ_NODENAME", NodeName);
        Set("RABBITMQ_DIST_PORT", _distributionPort.ToString(CultureInfo.InvariantCulture));
        Set("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
        Set("RABBITMQ_NODE_PORT", server.PrimaryEndpoint.EndpointAnnotation.ReplicaPorts[0].ToString(CultureInfo.InvariantCulture));
        Set("RABBITMQ_CONF_ENV_FILE", "/dev/null");
        Set("RABBITMQ_CONFIG_FILE", Path.Combine(directory, "rabbitmq.conf"));
        Set("RABBITMQ_ADVANCED_CONFIG_FILE", Path.Combine(directory, "advanced.config"));
        Set("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(directory, "enabled_plugins"));
        Set("RABBITMQ_MNESIA_BASE", Path.Combine(directory, "mnesia"));
        Set("RABBITMQ_LOG_BASE", Path.Combine(directory, "log"));
        Set("RABBITMQ_LOGS", "-");
        Set("RABBITMQ_GENERATED_CONFIG_DIR", Path.Combine(directory, "schema"));
        Set("RABBITMQ_PID_FILE", Path.Combine(directory, "rabbitmq.pid"));
        // Replaces the script by the server itself, which then gets the signals; nothing is told to systemd without NOTIFY_SOCKET.
        Set("RUNNING_UNDER_SYSTEMD", "true");
        // Distribution on loopback; and schedulers that sleep instead of spinning, on a machine shared with everything else.
        Set("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none");
        return environment;
    }

    private async Task<string> ConfigurationAsync(int? managementPort, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        Add(text, "default_user", await server.UserNameReference.GetValueAsync(cancellationToken) ?? "guest");
        Add(text, "default_pass", await server.PasswordParameter.GetValueAsync(cancellationToken) ?? "");
        if (managementPort is { } port)
        {
            Add(text, "management.tcp.ip", "127.0.0.1");
            Add(text, "management.tcp.port", port.ToString(CultureInfo.InvariantCulture));
        }

        Add(text, "log.console", "true");
        Add(text, "log.console.level", "info");
        Add(text, "log.file", "false");
        // A development machine's memory and disk are for other things too; below this much free disk publishers are blocked.
        Add(text, "vm_memory_high_watermark.absolute", "1GB");
        Add(text, "disk_free_limit.absolute", "100MB");
        return text.ToString();
    }

    private async Task StartNameServerAsync(ResourceInstance instance, ProcessEnvironment environment)
    {
        await EndedAsync();
        // In the foreground: as a daemon it would outlive everything.
        _nameServer = await ChildProcess.StartAsync(
            new ProcessSpec
            {
                FileName = Programs.Require("epmd", Package),
                Arguments = ["-port", _nameServerPort.ToString(CultureInfo.InvariantCulture), "-address", "127.0.0.1"],
                WorkingDirectory = "/",
                Environment = environment.Values(),
                StopSignal = Posix.SigKill,
            },
            (line, isError) => instance.Engine.Logs.Write(instance.Id, line, isError));
        await instance.Engine.Watchdog.StartedAsync(_nameServer, Posix.SigKill);
    }
}

/// <summary>Holds one connection open and asks whether it still is: a new one each time would fill the server's log.</summary>
internal sealed class RabbitMQProbe(RabbitMQServerResource server)
{
    private IConnection? _connection;

    public async Task<HealthCheckResult> AskAsync(CancellationToken cancellationToken)
    {
        if (_connection is { IsOpen: true })
        {
            return HealthCheckResult.Healthy();
        }

        _connection?.Dispose();
        _connection = null;
        try
        {
            var factory = new ConnectionFactory
            {
                Uri = new Uri((await server.ConnectionStringExpression.GetValueAsync(cancellationToken))!),
                AutomaticRecoveryEnabled = false,
                RequestedHeartbeat = TimeSpan.FromSeconds(5),
                RequestedConnectionTimeout = TimeSpan.FromSeconds(3),
            };
            _connection = await factory.CreateConnectionAsync("linkshort-hosting", cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception failure) when (failure is BrokerUnreachableException or OperationInterruptedException or IOException)
        {
            return HealthCheckResult.Unhealthy(failure.InnerException?.Message ?? failure.Message, failure);
        }
    }
}
