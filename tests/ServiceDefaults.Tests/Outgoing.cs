using LinkShort.ServiceDefaults.Discovery;
using LinkShort.ServiceDefaults.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Tests;

/// <summary>A host with discovery and resilience only, and a client from its factory.</summary>
internal sealed class Outgoing : IDisposable
{
    private readonly IHost _host;
    private readonly Lazy<HttpClient> _client;

    public Outgoing(IEnumerable<(string Key, string Value)> settings, TimeProvider? time = null, bool resilienceFirst = true)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        if (resilienceFirst)
        {
            builder.AddHttpResilience();
            builder.AddServiceDiscovery();
        }
        else
        {
            builder.AddServiceDiscovery();
            builder.AddHttpResilience();
        }

        builder.Services.AddHttpClient("test");
        Configuration = builder.Configuration;
        _host = builder.Build();
        _client = new Lazy<HttpClient>(() => Services.GetRequiredService<IHttpClientFactory>().CreateClient("test"));
    }

    public IServiceProvider Services => _host.Services;

    public ConfigurationManager Configuration { get; }

    public HttpClient Client => _client.Value;

    public Task StartAsync() => _host.StartAsync();

    public void Dispose()
    {
        _host.Dispose();
    }
}
