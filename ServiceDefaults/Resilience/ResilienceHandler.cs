using System.Net.Http.Json;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace LinkShort.ServiceDefaults.Resilience;

/// <summary>
/// Runs each request through its destination's pipeline (<see cref="HttpPipelines"/>). Sent again are only requests that
/// may be: idempotent by method (RFC 9110, 9.2.2) or by an Idempotency-Key, with content that can be read again.
/// A host that can't be reached, a time-out and an open breaker are all an <see cref="HttpRequestException"/> to the caller.
/// </summary>
internal sealed class ResilienceHandler(HttpPipelines pipelines) : DelegatingHandler
{
    private const string IdempotencyKey = "Idempotency-Key";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } uri)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        var destination = uri.GetLeftPart(UriPartial.Authority);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        var repeatable = IsIdempotent(request) && IsReadableAgain(request.Content);
        context.Properties.Set(HttpPipelines.Repeatable, repeatable);
        try
        {
            return await pipelines.For(destination).ExecuteAsync(
                static async (context, state) => await state.Handler.SendOnceAsync(state.Request, state.Repeatable, context.CancellationToken),
                context,
                (Handler: this, Request: request, Repeatable: repeatable));
        }
        catch (BrokenCircuitException exception)
        {
            throw new HttpRequestException(
                HttpRequestError.ConnectionError, $"Calls to {destination} are suspended, because too many of them failed.", exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new HttpRequestException(
                HttpRequestError.Unknown, $"{destination} did not answer {request.Method} {uri.AbsolutePath} within {exception.Timeout}.", exception);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"{destination} can't be connected to in time.", exception);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>A copy per try: inner handlers write into it (trace headers, a redirect's address), and the next try starts clean.</summary>
    private Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, bool repeatable, CancellationToken cancellationToken) =>
        base.SendAsync(repeatable ? Copy(request) : request, cancellationToken);

    private static HttpRequestMessage Copy(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri)
        {
            Content = request.Content,
            Version = request.Version,
            VersionPolicy = request.VersionPolicy,
        };
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            copy.Headers.TryAddWithoutValidation(name, values);
        }

        foreach (var (name, value) in request.Options)
        {
            ((IDictionary<string, object?>)copy.Options)[name] = value;
        }

        return copy;
    }

    private static bool IsIdempotent(HttpRequestMessage request) =>
        request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options
        || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete
        || request.Headers.NonValidated.Contains(IdempotencyKey);

    private static bool IsReadableAgain(HttpContent? content) => content switch
    {
        null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent => true,
        MultipartContent parts => parts.All(IsReadableAgain),
        _ => false,
    };
}
