using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Redis;

public static class SharedDataProtectionExtensions
{
    /// <summary>
    /// Data Protection whose keys all replicas share and restarts keep: in Redis, the hash <c>dataprotection:{application}</c>.
    /// Needs <see cref="RedisExtensions.AddRedisClient"/>. Keys once read stay in memory, so a Redis that goes away later is not noticed.
    /// </summary>
    /// <param name="application">Applications of different names can't read what the other protected.</param>
    public static IDataProtectionBuilder AddSharedDataProtection(this IHostApplicationBuilder builder, string application)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(services => new ConfigureOptions<KeyManagementOptions>(
            options => options.XmlRepository = new RedisXmlRepository(services.GetRequiredService<IConnectionMultiplexer>(), application)));
        return builder.Services.AddDataProtection().SetApplicationName(application);
    }

    /// <summary>One hash field per key, so that two replicas that each make one at the same time keep both.</summary>
    private sealed class RedisXmlRepository(IConnectionMultiplexer redis, string application) : IXmlRepository
    {
        private readonly RedisKey _key = "dataprotection:" + application;

        public IReadOnlyCollection<XElement> GetAllElements() =>
            [.. redis.GetDatabase().HashGetAll(_key).Select(entry => XElement.Parse(entry.Value!))];

        public void StoreElement(XElement element, string friendlyName)
        {
            ArgumentNullException.ThrowIfNull(element);
            redis.GetDatabase().HashSet(_key, friendlyName, element.ToString(SaveOptions.DisableFormatting));
        }
    }
}
