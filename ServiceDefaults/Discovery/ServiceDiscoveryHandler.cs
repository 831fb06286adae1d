using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>
/// Sends a request for <c>https+http://links/…</c> to a replica of the service links. A replica that can't be connected
/// to has not seen the request, so the next one is asked, whatever the method. Other hosts go on to DNS untouched.
/// </summary>
internal sealed partial class ServiceDiscoveryHandler(ServiceEndpointResolver resolver, ReplicaRotation rotation, ILogger<ServiceDiscoveryHandler> logger)
    : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri;
        if (address is not { IsAbsoluteUri: true })
        {
            return await base.SendAsync(request, cancellationToken);
        }

        var endpoints = resolver.GetEndpoints(address);
        if (endpoints.Count == 0)
        {
            return address.Scheme.Contains('+', StringComparison.Ordinal)
                ? throw new UnknownServiceException(address)
                : await base.SendAsync(request, cancellationToken);
        }

        var replicas = rotation.Order(address.Host, endpoints);
        var propagated = DistributedContextPropagator.Current.Fields.Where(request.Headers.Contains).ToHashSet(StringComparer.OrdinalIgnoreCase);
        try
        {
            for (var i = 0; ; i++)
            {
                request.RequestUri = ServiceEndpointResolver.Rebase(address, replicas[i]);
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

                    // The failed try's span wrote its trace headers into the request; the next try's span writes its own.
                    foreach (var field in DistributedContextPropagator.Current.Fields.Where(field => !propagated.Contains(field)))
                    {
                        request.Headers.Remove(field);
                    }
                }
            }
        }
        finally
        {
            // Outer handlers (a retry) resolve anew.
            request.RequestUri = address;
        }
    }

    /// <summary>Whether not a byte of the request can have reached the other side. A connect time-out is a cancellation around a TimeoutException.</summary>
    private static bool NeverConnected(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Can't connect to {Replica} of {Service}, {Left} replicas left to try: {Reason}")]
        public static partial void Unreachable(ILogger logger, Uri replica, string service, int left, string reason);
    }
}
