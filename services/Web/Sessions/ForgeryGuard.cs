using LinkShort.Web.Errors;
using Microsoft.AspNetCore.Antiforgery;

namespace LinkShort.Web.Sessions;

/// <summary>
/// Cross-site request forgery, for every write of every page, whether or not its handler reads a form: the browser's own word about
/// where the request comes from (Fetch Metadata, or Origin from browsers without it), and the form's token, which is bound to who is
/// signed in. Scripts send the token as <c>RequestVerificationToken</c>.
/// </summary>
public static class ForgeryGuard
{
    /// <summary>Behind authentication: the token names the signed-in person.</summary>
    public static void UseForgeryGuard(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use(async (context, next) =>
        {
            if (IsSafe(context.Request.Method) || context.GetEndpoint() is null)
            {
                await next(context);
                return;
            }

            var status = IsFromHere(context.Request) ? await CheckTokenAsync(context) : StatusCodes.Status400BadRequest;
            if (status is null)
            {
                await next(context);
                return;
            }

            await ErrorPages.WriteAsync(context, ErrorPages.OfStatus(context, status.Value, status == StatusCodes.Status400BadRequest ? "form-expired" : ""));
        });
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    /// <summary>Who sends neither field is no browser of these days; the token decides then.</summary>
    private static bool IsFromHere(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site])
        {
            return site is "same-origin" or "none";
        }

        // By host: behind a proxy that ends TLS and isn't believed, the scheme here is not the one that the visitor sees.
        return request.Headers.Origin is not [{ } origin]
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from)
                && request.Host.Equals(HostString.FromUriComponent(from)));
    }

    /// <returns>Null when the token is right, otherwise the status to answer with.</returns>
    private static async Task<int?> CheckTokenAsync(HttpContext context)
    {
        try
        {
            await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context);
            return null;
        }
        catch (AntiforgeryValidationException refused)
        {
            return (refused.InnerException as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
        }
    }
}
