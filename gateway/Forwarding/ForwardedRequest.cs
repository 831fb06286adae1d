using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace LinkShort.Gateway.Forwarding;

/// <summary>What a service gets to see: the address byte for byte, the visitor's address, and the proof that it came from here.</summary>
internal sealed class ForwardedRequest(InternalKey key) : HttpTransformer
{
    private readonly string _proof = key.ProxyKey;

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        ArgumentNullException.ThrowIfNull(proxyRequest);
        // Of the client's headers only those are left here that it may set: see ClientHeaders.
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

        if (request.Host.HasValue)
        {
            headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
        }
    }

    /// <summary>The request target as it stood on the request line. The absolute form (for proxies) has a host in front: only its path goes on.</summary>
    private static string Target(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return raw.StartsWith('/') ? raw : context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent();
    }
}
