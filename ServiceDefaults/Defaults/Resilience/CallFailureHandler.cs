using Polly.CircuitBreaker;
using Polly.Timeout;

namespace LinkShort.ServiceDefaults.Resilience;

/// <summary>
/// Turns every failure of a call (an unreachable host, a time-out, an open circuit breaker) into an <see cref="HttpRequestException"/>. The caller's
/// own cancellation remains a cancellation.
/// </summary>
internal sealed class CallFailureHandler : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } uri)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (BrokenCircuitException exception)
        {
            throw new HttpRequestException(
                HttpRequestError.ConnectionError, $"Calls to {Destination(uri)} are suspended, because too many of them failed.", exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new HttpRequestException(
                HttpRequestError.Unknown, $"{Destination(uri)} did not answer {request.Method} {uri.AbsolutePath} within {exception.Timeout}.", exception);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"{Destination(uri)} can't be connected to in time.", exception);
        }
    }

    private static string Destination(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
