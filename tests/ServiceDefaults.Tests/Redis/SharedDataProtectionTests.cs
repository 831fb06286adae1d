using System.Xml.Linq;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Tests.Redis;

public sealed class SharedDataProtectionTests(ServersFixture fixture)
{
    private const string Application = "linkshort-tested";
    private const string Key = "dataprotection:" + Application;

    [Fact]
    public async Task What_one_replica_protects_another_and_a_restarted_one_can_read()
    {
        var redis = await fixture.Servers.NextRedisDatabaseAsync();
        await using var first = await StartAsync(redis);
        await using var second = await StartAsync(redis);
        var text = Protector(first).Protect("session");

        Protector(second).Unprotect(text).ShouldBe("session");
        await using var restarted = await StartAsync(redis);
        Protector(restarted).Unprotect(text).ShouldBe("session");
    }

    [Fact]
    public async Task What_an_older_release_protected_can_be_read_by_every_replica_after_the_move()
    {
        var connectionString = await fixture.Servers.NextRedisDatabaseAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(connectionString);
        var redis = connection.GetDatabase();
        var texts = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            await using var older = OlderRelease(redis);
            older.GetRequiredService<IKeyManager>().CreateNewKey(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(90));
            texts.Add(older.GetRequiredService<IDataProtectionProvider>().CreateProtector("tests").Protect("session"));
        }

        var keys = (await redis.HashValuesAsync(Key)).Select(value => (string)value!).ToList();
        keys.Count.ShouldBeGreaterThanOrEqualTo(2);

        var replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => StartAsync(connectionString))));
        try
        {
            foreach (var replica in replicas)
            {
                texts.ShouldAllBe(text => Protector(replica).Unprotect(text) == "session");
            }

            (await redis.ListRangeAsync(Key)).Select(value => (string)value!).ShouldBe(keys, ignoreOrder: true, "each key once, and no new one");

            // A key created after the move is beside the moved ones.
            replicas[0].Get<IKeyManager>().CreateNewKey(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(90));
            (await redis.ListLengthAsync(Key)).ShouldBe(keys.Count + 1);
            await using var later = await StartAsync(connectionString);
            texts.ShouldAllBe(text => Protector(later).Unprotect(text) == "session");
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }

    private static IDataProtector Protector(TestedService service) => service.Get<IDataProtectionProvider>().CreateProtector("tests");

    private static Task<TestedService> StartAsync(string redis) => TestedService.StartAsync(
        configure: builder =>
        {
            builder.AddRedisClient("cache");
            builder.AddSharedDataProtection(Application);
        },
        settings: [("ConnectionStrings:cache", redis)]);

    /// <summary>The key store of releases that didn't use the framework's.</summary>
    private static ServiceProvider OlderRelease(IDatabase redis)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddDataProtection().SetApplicationName(Application);
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = new HashRepository(redis));
        return services.BuildServiceProvider();
    }

    private sealed class HashRepository(IDatabase redis) : IXmlRepository
    {
        public IReadOnlyCollection<XElement> GetAllElements() => [.. redis.HashGetAll(Key).Select(entry => XElement.Parse(entry.Value!))];

        public void StoreElement(XElement element, string friendlyName) =>
            redis.HashSet(Key, friendlyName, element.ToString(SaveOptions.DisableFormatting));
    }
}
