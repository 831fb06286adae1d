using Microsoft.Extensions.Options;
using Stripe;

namespace LinkShort.Billing.Payments;

/// <summary>Stripe's own client, on an HttpClient of ours: with our time-outs, retries, circuit breaker and telemetry.</summary>
public static class StripeExtensions
{
    private const string HttpClientName = "stripe";

    /// <summary>Our clients retry what may be repeated (ADR 37): reads, and creations with an idempotency key of ours.</summary>
    private const int Retries = 0;

    public static void AddStripe(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHttpClient(HttpClientName, client => client.Timeout = TimeSpan.FromSeconds(15));
        builder.Services.AddSingleton<IStripeClient>(services =>
        {
            var options = services.GetRequiredService<IOptions<StripeOptions>>().Value;
            return new StripeClient(new StripeClientOptions
            {
                // Never used without a key: endpoints answer 404 first.
                ApiKey = options.IsEnabled ? options.ApiKey : "sk_none",
                ApiBase = options.ApiBase.TrimEnd('/'),
                HttpClient = new SystemNetHttpClient(
                    services.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName), Retries, new AppInfo { Name = "LinkShort" }, enableTelemetry: false),
            });
        });
    }
}
