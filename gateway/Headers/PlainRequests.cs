using System.Buffers;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Gateway.Headers;

/// <summary>
/// Refuses what the services behind could read as something else than the gateway did. Methods that none of them knows: TRACE would
/// send a visitor's own header fields back, CONNECT asks for a tunnel, and what a made-up one means each server would have to guess.
/// And fields that HTTP/2 can carry but HTTP/1.1, which is spoken towards the services, has another meaning for (RFC 9113, 8.2).
/// </summary>
internal static class PlainRequests
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>RFC 9110, 5.6.2; HTTP/2 has names in lower case only.</summary>
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> LineEnds = SearchValues.Create('\0', '\r', '\n');

    public static void UsePlainRequests(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (!IsKnown(context.Request.Method))
        {
            context.Response.Headers.Allow = Methods;
            return Problems.MethodNotAllowed.Result().ExecuteAsync(context);
        }

        // Of HTTP/1.1 Kestrel's parser has checked it.
        return HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol) || IsPlain(context.Request.Headers)
            ? next(context)
            : Problems.BadRequest.Result("A header field is not allowed in this version of HTTP.").ExecuteAsync(context);
    });

    // In capitals only (RFC 9110, 9.1). HttpMethods.IsGet would take "get" for one, which a service could take for another.
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
