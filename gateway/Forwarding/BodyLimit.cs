using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Gateway.Forwarding;

/// <summary>Refuses bodies above the row's limit before anything reads them; those of unknown length when they pass it.</summary>
internal static class BodyLimit
{
    public static RequestDelegate Enforce(ServiceRoute route, RequestDelegate next) => context =>
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = route.BodyLimit;
        }

        return context.Request.ContentLength > route.BodyLimit
            ? Problems.PayloadTooLarge.Result($"The body may have {route.BodyLimit} bytes here.").ExecuteAsync(context)
            : next(context);
    };
}
