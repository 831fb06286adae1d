using LinkShort.Contracts;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults.Http;
using Yarp.ReverseProxy.Forwarder;

namespace LinkShort.Gateway.Forwarding;

/// <summary>Forwards requests to services by YARP's forwarder, without YARP's own pipeline of clusters: see docs/adr.</summary>
internal sealed class ServiceForwarder(IHttpForwarder forwarder, Upstreams upstreams, ForwardedRequest transformer, ForwardingTelemetry telemetry)
{
    public RequestDelegate To(ServiceRoute route)
    {
        var upstream = upstreams[route.Service];
        var settings = new ForwarderRequestConfig
        {
            ActivityTimeout = route.Idle,
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        return context => SendAsync(context, upstream, settings);
    }

    private async Task SendAsync(HttpContext context, Upstream upstream, ForwarderRequestConfig settings)
    {
        if (await upstream.ChooseAsync(context.RequestAborted) is not { } replica)
        {
            await FailAsync(context, upstream, Problems.Unavailable);
            return;
        }

        var error = await forwarder.SendAsync(context, replica.Prefix, replica.Invoker, settings, transformer);
        if (error is not ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(context, upstream, Describe(context, error));
        }
    }

    private static ProblemType Describe(HttpContext context, ForwarderError error)
    {
        var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        return error switch
        {
            ForwarderError.RequestBodyClient => Problems.ForStatus(BadRequest(exception)?.StatusCode ?? StatusCodes.Status400BadRequest),
            _ when ReplicaHandler.NeverConnected(exception) => Problems.Unavailable,
            _ when context.Response.StatusCode is StatusCodes.Status504GatewayTimeout => Problems.Timeout,
            _ => Problems.BadGateway,
        };
    }

    /// <summary>Kestrel's error about the request body, which is an inner exception of the failed forwarding.</summary>
    private static BadHttpRequestException? BadRequest(Exception? exception) => exception switch
    {
        null => null,
        BadHttpRequestException bad => bad,
        AggregateException all => all.InnerExceptions.Select(BadRequest).FirstOrDefault(bad => bad is not null),
        _ => BadRequest(exception.InnerException),
    };

    private Task FailAsync(HttpContext context, Upstream upstream, ProblemType problem)
    {
        if (problem.Status >= 500)
        {
            telemetry.Failed(upstream.Service, problem.Status);
            context.Response.Headers.RetryAfter = "2";
        }

        var isPage = context.GetEndpoint()?.Metadata.GetMetadata<ServiceRoute>() is { Surface: not Surface.Api };
        return isPage && problem.Status >= 500 && FailurePage.IsWanted(context.Request)
            ? FailurePage.WriteAsync(context, problem)
            : problem.Result().ExecuteAsync(context);
    }
}
