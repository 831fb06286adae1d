namespace LinkShort.Gateway.Forwarding;

/// <summary>
/// Sends a request to its replica. If the connection fails, the replica has not seen the request, so the next replica is tried for any
/// method. If the replica dies before it responds, it may have seen the request, so only GET, HEAD and OPTIONS without a body are
/// retried (RFC 9110, 9.2.1: they change nothing), and only once: a request that crashes a replica must not visit all of them.
/// </summary>
internal sealed class ReplicaHandler(Replica replica, Upstream upstream, HttpMessageHandler connections, ForwardingTelemetry telemetry)
    : DelegatingHandler(connections)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var current = replica;
        var broken = false;
        for (var tried = 0; ; tried++)
        {
            current.Begin();
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                current.Reached();
                return response;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && MayTryElsewhere(request, exception))
            {
                current.Failed();
                telemetry.Unreachable(upstream.Service, current.Address, exception);
                var wasSeen = !NeverConnected(exception);
                if ((wasSeen && broken) || upstream.Next(current, tried) is not { } next)
                {
                    throw;
                }

                broken |= wasSeen;

                // The path and query unchanged: never parsed and reassembled.
                request.RequestUri = ExactUri.Create(next.Prefix, request.RequestUri!.PathAndQuery[PathBaseLength(current)..]);
                current = next;
            }
            finally
            {
                current.End();
            }
        }
    }

    private static int PathBaseLength(Replica replica) => replica.Address.AbsolutePath.TrimEnd('/').Length;

    private static bool MayTryElsewhere(HttpRequestMessage request, Exception exception) =>
        NeverConnected(exception)
        || (exception is HttpRequestException && request.Content is null
            && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options));

    /// <summary>Whether no byte of the request can have reached the replica. A connect timeout is a cancellation around a TimeoutException.</summary>
    public static bool NeverConnected(Exception? exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };
}
