using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Redis;

public static class SharedDataProtectionExtensions
{
    // Releases before the framework's store kept a hash under the same name. One script, so that no replica sees a state in
    // between and a second one finds nothing left to do; one key, so that it runs in a cluster too.
    private const string MoveHashIntoList = """
        if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 0 end
        local keys = redis.call('HVALS', KEYS[1])
        redis.call('DEL', KEYS[1])
        return redis.call('RPUSH', KEYS[1], unpack(keys))
        """;

    /// <summary>
    /// Data Protection whose keys all replicas share and restarts keep: the framework's own store, in Redis, the list
    /// <c>dataprotection:{application}</c>. Needs <see cref="RedisExtensions.AddRedisClient"/>. Keys once read stay in memory, so a
    /// Redis that goes away later is not noticed. Keys of older releases are moved when they are first read.
    /// </summary>
    /// <param name="application">Applications of different names can't read what the other protected.</param>
    public static IDataProtectionBuilder AddSharedDataProtection(this IHostApplicationBuilder builder, string application)
    {
        ArgumentNullException.ThrowIfNull(builder);
        RedisKey key = "dataprotection:" + application;
        builder.Services.AddOptions<KeyManagementOptions>().Configure<IConnectionMultiplexer>((keys, redis) =>
            keys.XmlRepository = new RedisXmlRepository(() => WithMovedKeys(redis.GetDatabase(), key), key));
        return builder.Services.AddDataProtection().SetApplicationName(application);
    }

    /// <summary>Called for each reading and writing of keys, which is about once a day.</summary>
    private static IDatabase WithMovedKeys(IDatabase database, RedisKey key)
    {
        database.ScriptEvaluate(MoveHashIntoList, [key]);
        return database;
    }
}
