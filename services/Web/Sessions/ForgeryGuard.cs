using LinkShort.Web.Errors;
using Microsoft.AspNetCore.Antiforgery;

namespace LinkShort.Web.Sessions;

/// <summary>
/// Prevents cross-site request forgery for every write, whether or not its handler reads a form. Checks where the browser reports the
/// request to come from (Fetch Metadata, or Origin in browsers without it), and the form's token, which is bound to the signed-in
/// user. Scripts send the token as <c>RequestVerificationToken</c>.
/// </summary>
public static class ForgeryGuard
{
    /// <summary>After authentication, because the token contains the signed-in user.</summary>
    public static void UseForgeryGuard(this IApplicationBuilder app)
    {
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

    /// <summary>A client that sends neither header is not a current browser; then the token alone decides.</summary>
    private static bool IsFromHere(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site])
        {
            return site is "same-origin" or "none";
        }

        // Compared by host: behind a TLS proxy that isn't trusted, the scheme here differs from the visitor's.
        return request.Headers.Origin is not [{ } origin]
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from)
                && request.Host.Equals(HostString.FromUriComponent(from)));
    }

    /// <returns>Null if the token is valid, otherwise the status to answer with.</returns>
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
