using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Redis;

public static class SharedDataProtectionExtensions
{
    // Earlier releases, which didn't use the framework's store, kept a hash under the same name. One script, so that no replica sees an
    // intermediate state and a second run does nothing; one key, so that it runs in a cluster too.
    private const string MoveHashIntoList = """
        if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 0 end
        local keys = redis.call('HVALS', KEYS[1])
        redis.call('DEL', KEYS[1])
        return redis.call('RPUSH', KEYS[1], unpack(keys))
        """;

    /// <summary>
    /// Adds Data Protection with keys that all replicas share and that survive restarts, in the framework's own store: the Redis list
    /// <c>dataprotection:{application}</c>. Needs <see cref="RedisExtensions.AddRedisClient"/>. Keys remain in memory once read, so a later
    /// outage of Redis has no effect. Keys of older releases are moved at the first read.
    /// </summary>
    /// <param name="application">Applications with different names can't read each other's protected data.</param>
    public static IDataProtectionBuilder AddSharedDataProtection(this IHostApplicationBuilder builder, string application)
    {
        ArgumentNullException.ThrowIfNull(builder);
        RedisKey key = "dataprotection:" + application;
        builder.Services.AddOptions<KeyManagementOptions>().Configure<IConnectionMultiplexer>((keys, redis) =>
            keys.XmlRepository = new RedisXmlRepository(() => WithMovedKeys(redis.GetDatabase(), key), key));
        return builder.Services.AddDataProtection().SetApplicationName(application);
    }

    /// <summary>Called for each read and write of keys, about once a day.</summary>
    private static IDatabase WithMovedKeys(IDatabase database, RedisKey key)
    {
        database.ScriptEvaluate(MoveHashIntoList, [key]);
        return database;
    }
}
