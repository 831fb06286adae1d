using System.Buffers;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Gateway.Headers;

/// <summary>
/// Refuses requests that a service could read differently from the gateway. Methods that no service supports: TRACE would echo the
/// visitor's own headers, CONNECT asks for a tunnel, and unknown methods mean whatever each server assumes. And header fields that are
/// legal in HTTP/2 but have a different meaning in HTTP/1.1, which the gateway speaks to the services (RFC 9113, 8.2).
/// </summary>
internal static class PlainRequests
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>RFC 9110, 5.6.2; HTTP/2 names are lower case.</summary>
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> LineEnds = SearchValues.Create('\0', '\r', '\n');

    public static void UsePlainRequests(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (!IsKnown(context.Request.Method))
        {
            context.Response.Headers.Allow = Methods;
            return Problems.MethodNotAllowed.Result().ExecuteAsync(context);
        }

        // Kestrel's parser has already checked HTTP/1.1 requests.
        return HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol) || IsPlain(context.Request.Headers)
            ? next(context)
            : Problems.BadRequest.Result(GatewayTexts.Of("gateway.headerField")).ExecuteAsync(context);
    });

    // Methods are case-sensitive (RFC 9110, 9.1). HttpMethods.IsGet accepts "get", which a service could treat as another method.
    private static bool IsKnown(string method) => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS";

    private static bool IsPlain(IHeaderDictionary headers)
    {
        foreach (var (name, values) in headers)
        {
            if (name.AsSpan().ContainsAnyExcept(Token) || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny(LineEnds))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
