using LinkShort.Contracts;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Gateway.Forwarding;

/// <summary>Refuses bodies above the route's limit before they are read; bodies of unknown length as soon as they exceed it.</summary>
internal static class BodyLimit
{
    public static RequestDelegate Enforce(ServiceRoute route, RequestDelegate next) => context =>
    {
        var isTooLarge = context.Request.ContentLength > route.BodyLimit;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // Kestrel drains a refused body for a few seconds, up to its own limit. Closing the connection at once would reset it
            // before the client has read the response.
            size.MaxRequestBodySize = isTooLarge ? null : route.BodyLimit;
        }

        return isTooLarge
            ? Problems.PayloadTooLarge.Result(GatewayTexts.Of("gateway.bodyLimit", ("max", route.BodyLimit))).ExecuteAsync(context)
            : next(context);
    };
}
