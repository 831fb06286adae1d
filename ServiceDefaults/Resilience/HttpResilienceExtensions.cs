using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Resilience;

/// <summary>Time-outs, retries and circuit breakers for every client of <see cref="IHttpClientFactory"/>.</summary>
internal static class HttpResilienceExtensions
{
    /// <summary>Settings: <see cref="HttpResilienceOptions"/>. What is retried: <see cref="ResilienceHandler"/>.</summary>
    internal static void AddHttpResilience(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<HttpResilienceOptions>().BindConfiguration(HttpResilienceOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HttpResilienceOptions>, HttpResilienceOptionsValidator>());
        services.AddMetrics();
        services.TryAddSingleton<HttpPipelines>();

        // In front of whatever is there, discovery above all: a second try may go to another replica.
        services.ConfigureHttpClientDefaults(client => client
            .ConfigureAdditionalHttpMessageHandlers((handlers, provider) =>
                handlers.Insert(0, new ResilienceHandler(provider.GetRequiredService<HttpPipelines>()))));
    }
}
