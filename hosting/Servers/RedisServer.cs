using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Engine;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Hosting.Servers;

/// <summary>A Redis server with a password, loopback only. Its settings are in a file: a command line can be read by every user.</summary>
internal sealed class RedisServer(RedisResource server) : Workload
{
    private const string Program = "redis-server";

    public override string Kind => "Redis";

    public override string? Source => Program;

    public override IEnumerable<string> MissingPackages() => Programs.Find(Program) is null ? [Program] : [];

    public override async Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var directory = instance.Engine.Settings.Folder(server.Name);
        ServerFiles.CreatePrivateDirectory(directory);
        var port = server.PrimaryEndpoint.EndpointAnnotation.ReplicaPorts[0];
        var settings = new StringBuilder()
            .AppendLine("bind 127.0.0.1")
            .AppendLine(CultureInfo.InvariantCulture, $"port {port}")
            .AppendLine(CultureInfo.InvariantCulture, $"requirepass \"{Escape(await server.PasswordParameter.GetValueAsync(cancellationToken) ?? "")}\"")
            .AppendLine("protected-mode yes")
            .AppendLine("daemonize no")
            .AppendLine("logfile \"\"")
            .AppendLine(CultureInfo.InvariantCulture, $"dir \"{Escape(directory)}\"");
        if (server.Annotations.OfType<PersistenceAnnotation>().LastOrDefault() is { } persistence)
        {
            var seconds = Math.Max(1, (long)(persistence.Interval ?? TimeSpan.FromSeconds(60)).TotalSeconds);
            settings.AppendLine(CultureInfo.InvariantCulture, $"save {seconds} {persistence.KeysChangedThreshold}")
                .AppendLine("appendonly yes")
                .AppendLine("appendfsync everysec");
        }
        else
        {
            settings.AppendLine("save \"\"").AppendLine("appendonly no");
        }

        var file = Path.Combine(directory, "redis.conf");
        await ServerFiles.WritePrivateAsync(file, settings.ToString(), cancellationToken);
        var environment = ProcessEnvironment.ForServer(instance);
        await environment.AddModelAsync(server, instance, cancellationToken);
        instance.Publish(snapshot => snapshot with { EnvironmentVariables = environment.Snapshot() });
        return new ProcessSpec
        {
            FileName = Programs.Require(Program, Program),
            Arguments = [file, .. await ProcessEnvironment.ArgumentsAsync(server, cancellationToken)],
            WorkingDirectory = directory,
            Environment = environment.Values(),
        };
    }

    /// <summary>Whether it answers PING, after the password. The protocol is RESP2: one line each way.</summary>
    public static async Task<HealthCheckResult> ProbeAsync(RedisResource server, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(server.PrimaryEndpoint.Host, server.PrimaryEndpoint.Port, cancellationToken);
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            var password = await server.PasswordParameter.GetValueAsync(cancellationToken) ?? "";
            var request = FormattableString.Invariant($"*2\r\n$4\r\nAUTH\r\n${Encoding.UTF8.GetByteCount(password)}\r\n{password}\r\n*1\r\n$4\r\nPING\r\n");
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), cancellationToken);
            var authenticated = await reader.ReadLineAsync(cancellationToken);
            var answer = authenticated == "+OK" ? await reader.ReadLineAsync(cancellationToken) : authenticated;
            return answer == "+PONG" ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(answer ?? "It closed the connection.");
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return HealthCheckResult.Unhealthy(failure.Message, failure);
        }
    }

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}

/// <summary>Files with passwords in them: for their owner only, from the first byte on.</summary>
internal static class ServerFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreatePrivateDirectory(string directory) => Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);

    public static async Task WritePrivateAsync(string path, string content, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        await using var file = new FileStream(path, options);
        await file.WriteAsync(Encoding.UTF8.GetBytes(content), cancellationToken);
    }
}
