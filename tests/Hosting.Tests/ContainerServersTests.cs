using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Servers;

namespace LinkShort.Hosting.Tests;

/// <summary>The containers in the model. Needs no container engine.</summary>
public sealed class ContainerServersTests
{
    [Fact]
    public void The_servers_are_containers_with_volumes_of_this_data_folder_and_generated_passwords()
    {
        using var folders = new Folders();
        var (first, second) = (Servers(folders.New("first")), Servers(folders.New("second")));
        first.Count.ShouldBe(3);
        first.ShouldNotContain(server => server is ExecutableResource);
        foreach (var (server, target) in first.Zip(["/var/lib/postgresql", "/data", "/var/lib/rabbitmq"]))
        {
            var container = server.ShouldBeAssignableTo<ContainerResource>()!;
            container.Annotations.OfType<ContainerImageAnnotation>().ShouldNotBeEmpty();
            var volume = container.Annotations.OfType<ContainerMountAnnotation>().ShouldHaveSingleItem();
            volume.Type.ShouldBe(ContainerMountType.Volume);
            volume.Target.ShouldNotBeNull().ShouldStartWith(target);
            volume.IsReadOnly.ShouldBeFalse();
            // The name of a volume, not a folder like that of the native server.
            volume.Source.ShouldNotBeNull().ShouldMatch($"^linkshort-[0-9a-f]{{10}}-{server.Name}$");
        }

        VolumesOf(first).Concat(VolumesOf(second)).Distinct().Count().ShouldBe(6, "Two data folders share no volume.");
        VolumesOf(Servers(folders.Move("first", "moved"))).ShouldBe(VolumesOf(first), "A data folder keeps its volumes, wherever it is.");
        foreach (var server in first.OfType<IResourceWithConnectionString>())
        {
            server.ConnectionStringExpression.ValueExpression.ShouldContain($"{{{server.Name}-password.value}}");
        }
    }

    [Fact]
    public void A_folder_of_a_version_without_a_record_keeps_the_volumes_that_it_names()
    {
        using var folders = new Folders();
        var folder = folders.New("former");
        File.WriteAllText(Path.Combine(folder, "volumes"), "linkshort-abcdef0123-postgres\nlinkshort-abcdef0123-cache\n");
        VolumesOf(Servers(folder)).ShouldBe(["linkshort-abcdef0123-postgres", "linkshort-abcdef0123-cache", "linkshort-abcdef0123-messaging"]);
    }

    [Theory]
    [InlineData(null, "512mb")]
    [InlineData("2GB", "2gb")]
    public async Task Redis_has_a_memory_limit_and_evicts_nothing(string? setting, string limit)
    {
        var redis = Servers("/nowhere/memory", setting is null ? [] : [$"--LINKSHORT_REDIS_MEMORY={setting}"]).OfType<RedisResource>().ShouldHaveSingleItem();

        var arguments = new List<object>();
        foreach (var annotation in redis.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            await annotation.Callback(new CommandLineArgsCallbackContext(arguments));
        }

        arguments.OfType<string>().Where(argument => argument.StartsWith("redis-server", StringComparison.Ordinal)).ShouldHaveSingleItem()
            .ShouldEndWith($" --maxmemory {limit} --maxmemory-policy noeviction");
    }

    [Theory]
    [InlineData("much")]
    [InlineData("512")]
    [InlineData("63mb")]
    [InlineData("-1gb")]
    [InlineData("99999999999999999999gb")]
    public void A_limit_that_is_not_a_size_is_named_with_the_fix(string setting) =>
        Should.Throw<DistributedApplicationException>(() => Servers("/nowhere/memory", $"--LINKSHORT_REDIS_MEMORY={setting}")).Message
            .ShouldBe($"LINKSHORT_REDIS_MEMORY is '{setting}': set it to 64mb to 1024gb, e.g. 512mb or 2gb, or leave it empty for 512mb.");

    private static List<IResource> Servers(string data, params string[] more)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = [$"--LINKSHORT_DATA={data}", "--LINKSHORT_SERVERS=containers", "--LINKSHORT_TEMPORARY=true", .. more],
            DisableDashboard = true,
        });
        using var installation = builder.AddInstallation();
        // As AppHost.cs adds them.
        builder.AddPostgres("postgres", password: installation.Secret("postgres-password")).WithDataVolume();
        builder.AddRedis("cache", password: installation.Secret("cache-password")).WithDataVolume().WithPersistence();
        builder.AddRabbitMQ("messaging", password: installation.Secret("messaging-password")).WithDataVolume().WithManagementPlugin();
        builder.RunServers(installation);
        if (Directory.Exists(data))
        {
            installation.Record.Save(); // As a start does, once it has locked the folder.
        }

        return [.. builder.Resources.Where(resource => resource is not ParameterResource)];
    }

    /// <summary>Data folders, which are deleted at the end.</summary>
    private sealed class Folders : IDisposable
    {
        private readonly string _root = Directory.CreateTempSubdirectory("hosting-tests-").FullName;

        public string New(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

        public string Move(string name, string to)
        {
            Directory.Move(Path.Combine(_root, name), Path.Combine(_root, to));
            return Path.Combine(_root, to);
        }

        public void Dispose() => Directory.Delete(_root, recursive: true);
    }

    private static IEnumerable<string> VolumesOf(List<IResource> servers) =>
        servers.SelectMany(server => server.Annotations.OfType<ContainerMountAnnotation>()).Select(volume => volume.Source!);
}
