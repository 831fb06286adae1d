using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Hosting.Engine;

/// <summary>Asks a replica over HTTP whether it is well.</summary>
internal sealed class HttpProbe(EndpointAnnotation endpoint, string path, int expectedStatus)
{
    // One for all: probes go to loopback addresses, never through a proxy.
    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        // A probe must not become a span in the traces of the service it asks.
        ActivityHeadersPropagator = null,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15),
    });

    public async Task<HealthCheckResult> AskAsync(int replica, CancellationToken cancellationToken)
    {
        var ports = endpoint.ReplicaPorts;
        if (replica >= ports.Count)
        {
            return HealthCheckResult.Unhealthy("It has no port.");
        }

        var url = string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://{endpoint.TargetHost}:{ports[replica]}{path}");
        try
        {
            using var answer = await Client.GetAsync(url, cancellationToken);
            var status = (int)answer.StatusCode;
            if (status == expectedStatus)
            {
                return HealthCheckResult.Healthy();
            }

            var body = await answer.Content.ReadAsStringAsync(cancellationToken);
            return HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"{url} answered {status}, expected {expectedStatus}: {(body.Length > 300 ? body[..300] : body)}"));
        }
        catch (HttpRequestException failure)
        {
            return HealthCheckResult.Unhealthy($"{url}: {failure.Message}", failure);
        }
    }
}
