using System.Collections.Frozen;
using System.Diagnostics;
using System.Net;
using System.Text;
using LinkShort.Gateway.Routing;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Forwarder;

namespace LinkShort.Gateway.Forwarding;

/// <summary>The services behind the gateway, by name, sharing one pool of keep-alive connections.</summary>
internal sealed class Upstreams : IDisposable
{
    private readonly SocketsHttpHandler _connections = new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        // With a longer timeout, a replica whose machine is gone (no response at all, not a refusal) would delay each request.
        ConnectTimeout = TimeSpan.FromSeconds(2),
        // Kestrel closes idle connections after 130 s. Ours must close first, or a request meets a closing connection.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        // Where addresses are names (Kubernetes), they are resolved again this often.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // Byte for byte: Location may hold non-ASCII destinations, and referrers arrive like that.
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
    };

    private readonly FrozenDictionary<string, Upstream> _services;

    public Upstreams(ServiceEndpointResolver discovery, TimeProvider time, ForwardingTelemetry telemetry) =>
        _services = ServiceRoutes.Services.ToFrozenDictionary(
            service => service,
            service => new Upstream(service, discovery, _connections, time, telemetry));

    public Upstream this[string service] => _services[service];

    /// <summary>Sends one of the gateway's own requests to a replica of the service.</summary>
    /// <param name="path">Path and query.</param>
    /// <returns>The response, its body not yet read.</returns>
    /// <exception cref="HttpRequestException">No replica is reachable or configured.</exception>
    /// <exception cref="TimeoutException">No response within <paramref name="timeout"/>.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        string service, HttpRequestMessage request, string path, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var replica = await _services[service].ChooseAsync(cancellationToken)
            ?? throw new HttpRequestException($"No address is set for the service '{service}'. Set services__{service}__http__0.");
        request.RequestUri = ExactUri.Create(replica.Prefix, path);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            var response = await replica.Invoker.SendAsync(request, deadline.Token);
            await response.Content.LoadIntoBufferAsync(deadline.Token);
            return response;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{service} did not answer {request.Method} {path} within {timeout}.", exception);
        }
    }

    public void Dispose() => _connections.Dispose();
}
