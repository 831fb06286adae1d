using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>
/// Sends a request for <c>https+http://links/…</c> to a replica of the service links. If the connection fails, the replica has not received the
/// request, so the next replica is tried for any method. Other hosts are left to DNS.
/// </summary>
internal sealed partial class ReplicaFailoverHandler(ServiceEndpointResolver resolver, ReplicaRotation rotation, ILogger<ReplicaFailoverHandler> logger)
    : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // An IP address is never the name of a service.
        if (request.RequestUri is not { IsAbsoluteUri: true } address || address.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6)
        {
            using var trace = new OwnTrace(request);
            return await base.SendAsync(request, cancellationToken);
        }

        var endpoints = await resolver.GetAddressesAsync(address, cancellationToken);
        if (endpoints.Count == 0)
        {
            using var trace = new OwnTrace(request);
            return address.Scheme.Contains('+', StringComparison.Ordinal)
                ? throw new UnknownServiceException(address)
                : await base.SendAsync(request, cancellationToken);
        }

        var replicas = rotation.Order(address.Host, endpoints);
        try
        {
            for (var i = 0; ; i++)
            {
                using var trace = new OwnTrace(request);
                request.RequestUri = ServiceAddresses.Rebase(address, replicas[i]);
                try
                {
                    var response = await base.SendAsync(request, cancellationToken);
                    rotation.Reached(replicas[i]);
                    return response;
                }
                catch (Exception exception) when (NeverConnected(exception) && !cancellationToken.IsCancellationRequested)
                {
                    rotation.Failed(replicas[i]);
                    Log.Unreachable(logger, replicas[i], address.Host, replicas.Count - i - 1, exception.Message);
                    if (i == replicas.Count - 1)
                    {
                        throw;
                    }
                }
            }
        }
        finally
        {
            // A retry resolves the name again.
            request.RequestUri = address;
        }
    }

    /// <summary>Whether no byte of the request can have been received. A connect time-out is a cancellation that wraps a TimeoutException.</summary>
    private static bool NeverConnected(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>
    /// The span of an attempt adds trace headers to the request, but never replaces existing ones. They are removed after the attempt, so that
    /// the next attempt's server span is a child of the next attempt's client span.
    /// </summary>
    private readonly struct OwnTrace(HttpRequestMessage request) : IDisposable
    {
        private readonly IReadOnlyCollection<string> _present =
            [.. DistributedContextPropagator.Current.Fields.Where(request.Headers.NonValidated.Contains)];

        public void Dispose()
        {
            foreach (var field in DistributedContextPropagator.Current.Fields)
            {
                if (!_present.Contains(field))
                {
                    request.Headers.Remove(field);
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Can't connect to {Replica} of {Service}, {Left} replicas left to try: {Reason}")]
        public static partial void Unreachable(ILogger logger, Uri replica, string service, int left, string reason);
    }
}
