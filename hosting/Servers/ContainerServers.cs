using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting.Servers;

/// <summary>The model's servers as containers, as Aspire runs them, with volumes per data folder.</summary>
internal static class ContainerServers
{
    /// <param name="withoutEngine">What to report at the start if there is no container engine, for which Aspire would wait forever.</param>
    public static void Use(IDistributedApplicationBuilder builder, Installation installation, IReadOnlyList<ContainerResource> servers, string withoutEngine)
    {
        // Aspire names a volume after the app host. Two data folders would share it: two servers on the same files, with different passwords.
        var names = new List<string>();
        foreach (var server in servers)
        {
            foreach (var volume in server.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == ContainerMountType.Volume).ToArray())
            {
                var name = $"linkshort-{installation.Record.Id}-{server.Name}";
                server.Annotations.Remove(volume);
                server.Annotations.Add(new ContainerMountAnnotation(name, volume.Target, ContainerMountType.Volume, volume.IsReadOnly));
                names.Add(name);
            }
        }

        foreach (var redis in servers.OfType<RedisResource>())
        {
            LimitMemory(redis, RedisMemorySetting.Of(builder.Configuration));
        }

        builder.Eventing.Subscribe<BeforeStartEvent>(async (_, cancellationToken) =>
        {
            if (!Native.HasContainerEngine())
            {
                throw new DistributedApplicationException(withoutEngine);
            }

            await File.WriteAllLinesAsync(installation.Folder(InstallationRecord.VolumesFile), names, cancellationToken);
        });
    }

    /// <summary>Aspire starts Redis in a shell, with all arguments in one text: <c>-c "redis-server --requirepass …"</c>.</summary>
    private static void LimitMemory(RedisResource redis, string memory) => redis.Annotations.Add(new CommandLineArgsCallbackAnnotation(arguments =>
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is string command && command.StartsWith("redis-server", StringComparison.Ordinal))
            {
                arguments[i] = $"{command} --maxmemory {memory} --maxmemory-policy {RedisMemorySetting.Policy}";
                return;
            }
        }

        throw new DistributedApplicationException(
            "Redis would start without a memory limit: Aspire no longer passes 'redis-server …' as one argument.");
    }));
}
