using System.Globalization;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace LinkShort.Hosting.Servers;

/// <summary>
/// A RabbitMQ node with a name server (epmd) of its own: nothing is shared with another node on the machine.
/// Everything listens on the loopback address; settings are in files that only their owner reads.
/// </summary>
internal static class NativeRabbitMQ
{
    private const string Package = "rabbitmq-server";
    private const string NameServer = "epmd";
    private const string Node = "linkshort@localhost";

    private static readonly ServerAccount Account = new("rabbitmq");

    // On SIGTERM alone RabbitMQ 3.10 takes 5 s longer: its management agent waits for the application controller to change a setting while that
    // controller stops it, until the call times out. If the agent deregisters first, it doesn't wait.
    private const string Wrapper = """
        nameServer=$1 call=$2; shift 2
        until "$nameServer" -names >/dev/null 2>&1; do sleep 0.05; done
        "$@" & server=$!
        stop() {
            echo 'gen_event:delete_handler(rabbit_event, rabbit_mgmt_db_handler, []).' | timeout 2 "$call" -address "127.0.0.1:$RABBITMQ_DIST_PORT" -e >/dev/null 2>&1
            kill -TERM $server
        }
        trap stop TERM INT
        wait $server; code=$?
        while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
        exit $code
        """;

    public static IEnumerable<string> MissingPackages() => Script() is null || Native.Find(NameServer) is null || Account.IsMissing ? [Package] : [];

    public static void Swap(IDistributedApplicationBuilder builder, Installation installation, RabbitMQServerResource rabbit)
    {
        var directory = ServerAccount.Place(installation, rabbit.Name);
        var (nameServerPort, distributionPort) = (installation.Ports.Free(), installation.Ports.Free());
        var hasManagement = rabbit.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.Name == "management");

        // In the foreground: as a daemon it would outlive the run.
        string[] nameServerCommand = [.. Account.Prefix, Native.Find(NameServer)!, "-port", Text(nameServerPort), "-address", "127.0.0.1"];
        var nameServer = builder.AddExecutable($"{rabbit.Name}-{NameServer}", nameServerCommand[0], "/", nameServerCommand[1..])
            .WithEnvironment("HOME", directory);

        Native.Swap(
            builder,
            installation,
            rabbit,
            directory,
            [
                .. Account.Prefix, "/bin/sh", "-c", Wrapper, rabbit.Name, Native.Find(NameServer)!, Native.Find("erl_call") ?? "/usr/lib/erlang/bin/erl_call",
                // If the shell is killed, so is the server; otherwise it would keep the data folder.
                Native.Find("setpriv") ?? "setpriv", "--pdeathsig=KILL", Script()!,
            ],
            AddHealthCheck,
            async (logger, cancellationToken) =>
            {
                await PrivateFiles.WriteAsync(Path.Combine(directory, "rabbitmq.conf"), await ConfigurationAsync(rabbit, hasManagement, cancellationToken), cancellationToken);
                await PrivateFiles.WriteAsync(Path.Combine(directory, "enabled_plugins"), hasManagement ? "[rabbitmq_management].\n" : "[].\n", cancellationToken);
                await Account.OwnAsync(installation, logger, cancellationToken, directory);
            })
            .WaitForStart(nameServer)
            .WithEnvironment(context =>
            {
                foreach (var (name, value) in EnvironmentOf(rabbit, directory, nameServerPort, distributionPort))
                {
                    context.EnvironmentVariables[name] = value;
                }
            });
    }

    /// <summary>
    /// For a native or an external server. One connection is kept open for all checks: the package never closes those of a factory, and a new one
    /// for each check would fill the server's log.
    /// </summary>
    public static void AddHealthCheck(IHealthChecksBuilder checks, string name, Func<string> connectionString)
    {
        IConnection? connection = null;
        checks.AddRabbitMQ(
            async _ => connection is { IsOpen: true } ? connection : connection = await new ConnectionFactory { Uri = new Uri(connectionString()), AutomaticRecoveryEnabled = false }.CreateConnectionAsync("linkshort-hosting"),
            name);
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

    private static async Task<string> ConfigurationAsync(RabbitMQServerResource rabbit, bool hasManagement, CancellationToken cancellationToken)
    {
        var text = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"default_user = {await rabbit.UserNameReference.GetValueAsync(cancellationToken)}")
            .AppendLine(CultureInfo.InvariantCulture, $"default_pass = {await rabbit.PasswordParameter.GetValueAsync(cancellationToken)}")
            // Low, because other programs use this machine as well; below this much free disk space publishers are blocked.
            .AppendLine("log.console = true\nlog.console.level = info\nlog.file = false\nvm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 100MB");
        if (hasManagement)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {rabbit.ManagementEndpoint.Port}");
        }

        return text.ToString();
    }

    private static Dictionary<string, object> EnvironmentOf(RabbitMQServerResource rabbit, string directory, int nameServerPort, int distributionPort) => new()
    {
        // For the Erlang cookie, which authenticates nodes: created at the first start, readable by its owner only.
        ["HOME"] = directory,
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["ERL_EPMD_PORT"] = Text(nameServerPort),
        ["RABBITMQ_NODENAME"] = Node,
        ["RABBITMQ_DIST_PORT"] = Text(distributionPort),
        ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_NODE_PORT"] = rabbit.PrimaryEndpoint.Property(EndpointProperty.TargetPort),
        ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(directory, "rabbitmq.conf"),
        ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(directory, "advanced.config"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(directory, "enabled_plugins"),
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(directory, "mnesia"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(directory, "log"),
        ["RABBITMQ_LOGS"] = "-",
        ["RABBITMQ_GENERATED_CONFIG_DIR"] = Path.Combine(directory, "schema"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(directory, "rabbitmq.pid"),
        // Makes the script exec the server, which then receives the signals; nothing is sent to systemd without NOTIFY_SOCKET.
        ["RUNNING_UNDER_SYSTEMD"] = "true",
        // A node that its name server doesn't answer, as while both are being stopped, starts an Erlang machine for the sole purpose of
        // starting another: a daemon, which would remain. This reaches that machine too.
        ["ERL_ZFLAGS"] = "-start_epmd false",
        // Distribution on loopback from the start: RabbitMQ's own way starts a second Erlang machine to check for a name server, which takes
        // 2 s. And schedulers that sleep instead of spinning, because the machine is shared.
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
            $"-sname {Node} -kernel inet_dist_use_interface {{127,0,0,1}} inet_dist_listen_min {Text(distributionPort)} inet_dist_listen_max {Text(distributionPort)} " +
            "+sbwt none +sbwtdcpu none +sbwtdio none",
    };

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
