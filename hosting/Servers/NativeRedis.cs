using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Hosting.Servers;

/// <summary>A Redis server with a password, loopback only. Its settings are in a file: a command line can be read by every user.</summary>
internal static class NativeRedis
{
    private const string Program = "redis-server";

    private static readonly ServerAccount Account = new("redis");

    public static IEnumerable<string> MissingPackages() => Native.Find(Program) is null || Account.IsMissing ? [Program] : [];

    public static void Swap(IDistributedApplicationBuilder builder, Installation installation, RedisResource redis)
    {
        var directory = ServerAccount.Place(installation, redis.Name);
        var file = Path.Combine(directory, "redis.conf");
        // WithPersistence's own annotation is internal to Aspire.Hosting.Redis; a data volume implies the same.
        var memory = RedisMemorySetting.Of(builder.Configuration);
        var isPersistent = redis.Annotations.OfType<ContainerMountAnnotation>().Any();
        Native.Swap(
            builder,
            installation,
            redis,
            directory,
            [.. Account.Prefix, Native.Find(Program)!, file, "--port", redis.PrimaryEndpoint.Property(EndpointProperty.TargetPort)],
            (checks, name, connection) => checks.AddRedis(_ => connection(), name),
            async (logger, cancellationToken) =>
            {
                await PrivateFiles.WriteAsync(file, Settings(directory, await redis.PasswordParameter!.GetValueAsync(cancellationToken) ?? "", memory, isPersistent, installation.IsTemporary), cancellationToken);
                await Account.OwnAsync(installation, logger, cancellationToken, directory);
            });
    }

    private static string Settings(string directory, string password, string memory, bool isPersistent, bool isTemporary)
    {
        var text = new StringBuilder("bind 127.0.0.1\nprotected-mode yes\ndaemonize no\nlogfile \"\"\n");
        text.Append("dir \"").Append(Escape(directory)).Append("\"\nrequirepass \"").Append(Escape(password)).Append("\"\n");
        text.Append("maxmemory ").Append(memory).Append("\nmaxmemory-policy ").Append(RedisMemorySetting.Policy).Append('\n');
        text.Append(isPersistent ? "save 60 1\nappendonly yes\nappendfsync everysec\n" : "save \"\"\nappendonly no\n");
        if (isTemporary)
        {
            text.Append("databases 4096\n"); // Each service under test has its own.
        }

        return text.ToString();
    }

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
