using LinkShort.Contracts;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Gateway.Forwarding;

/// <summary>Refuses bodies above the row's limit before anything reads them; those of unknown length when they pass it.</summary>
internal static class BodyLimit
{
    public static RequestDelegate Enforce(ServiceRoute route, RequestDelegate next) => context =>
    {
        var isTooLarge = context.Request.ContentLength > route.BodyLimit;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // A refused body is thrown away by Kestrel for a few seconds, within its own limit; closed at once, the connection
            // would be reset under the answer.
            size.MaxRequestBodySize = isTooLarge ? null : route.BodyLimit;
        }

        return isTooLarge
            ? Problems.PayloadTooLarge.Result($"The body can have at most {route.BodyLimit} bytes.").ExecuteAsync(context)
            : next(context);
    };
}
