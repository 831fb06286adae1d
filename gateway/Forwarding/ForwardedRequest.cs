using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace LinkShort.Gateway.Forwarding;

/// <summary>Transforms a forwarded request: the URI byte for byte, the visitor's address, and the internal key as proof of origin.</summary>
internal sealed class ForwardedRequest(InternalKey key) : HttpTransformer
{
    private readonly string _proof = key.ProxyKey;

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        // Only headers that a client may set are left at this point: see ClientHeaders.
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var request = httpContext.Request;
        proxyRequest.RequestUri = ExactUri.Create(destinationPrefix, Target(httpContext));
        var headers = proxyRequest.Headers;
        headers.Host = null;
        headers.TryAddWithoutValidation(InternalKey.ProxyHeader, _proof);
        headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        if (httpContext.Connection.RemoteIpAddress is { } address)
        {
            headers.TryAddWithoutValidation("X-Forwarded-For", address.ToString());
        }

        // As sent: Host decodes punycode, whose letters a header can't carry, and throws for what isn't any.
        if (request.Headers.Host is [{ Length: > 0 } host])
        {
            headers.TryAddWithoutValidation("X-Forwarded-Host", host);
        }
    }

    /// <summary>The request target as it was received. From the absolute form (for proxies) only the path is forwarded.</summary>
    private static string Target(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return raw.StartsWith('/') ? raw : context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent();
    }
}
