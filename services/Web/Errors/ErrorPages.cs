using System.Diagnostics;
using LinkShort.ServiceDefaults;
using LinkShort.Web.Api;
using LinkShort.Web.Confirm;
using LinkShort.Web.Security;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Errors;

/// <summary>Full-page errors: unknown URLs, outages, bugs.</summary>
public static class ErrorPages
{
    public static void UseErrorPages(this IApplicationBuilder app) =>
        app.UseStatusCodePages(context => WriteAsync(context.HttpContext, OfStatus(context.HttpContext, context.HttpContext.Response.StatusCode)));

    /// <param name="help">For users whose role is insufficient.</param>
    public static async Task WriteAsync(HttpContext context, ApiProblem problem, RoleHelp? help = null)
    {
        context.Response.StatusCode = problem.Status;
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "5";
        }

        // A fragment was requested: the problem replaces the whole window, not the fragment.
        if (context.Request.Headers.ContainsKey("HX-Request"))
        {
            context.Response.Headers["HX-Retarget"] = "body";
            context.Response.Headers["HX-Reswap"] = "innerHTML";
            context.Response.Headers["HX-Reselect"] = "body > *";
        }

        // The request's renderer may have stopped halfway through another page, and can't start a second one.
        var services = context.RequestServices;
        await using var scope = services.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        var (session, shown) = (services.GetRequiredService<CurrentSession>(), scope.ServiceProvider.GetRequiredService<CurrentSession>());
        (shown.Current, shown.Id) = (session.Current, session.Id);
        try
        {
            if (shown.Current is not null && KeepsFrame(context, problem.Status))
            {
                await scope.ServiceProvider.GetRequiredService<ActiveWorkspace>().LoadAsync(context.RequestAborted);
                await new RazorComponentResult<AppErrorPage>(new { Problem = problem, Help = help }) { StatusCode = problem.Status }.ExecuteAsync(context);
            }
            else
            {
                await new RazorComponentResult<ErrorPage>(new { Problem = problem, Help = help }) { StatusCode = problem.Status }.ExecuteAsync(context);
            }
        }
        finally
        {
            context.RequestServices = services;
        }
    }

    /// <summary>Refusals and missing pages of the app. Other errors may concern what the frame itself needs.</summary>
    private static bool KeepsFrame(HttpContext context, int status) =>
        status == StatusCodes.Status403Forbidden
        || (status is StatusCodes.Status402PaymentRequired or StatusCodes.Status404NotFound && context.Request.Path.StartsWithSegments("/app", StringComparison.Ordinal));

    internal static ApiProblem OfStatus(HttpContext context, int status, string slug = "") =>
        new(status, slug, null, null, new Dictionary<string, string[]>(), TraceId: Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier);
}

/// <summary>
/// A problem that the page's own markup doesn't show. If the visitor is signed out, it ends the session and redirects to the sign-in page;
/// if they have to confirm their identity, it redirects to that page, and from there back.
/// </summary>
public sealed class ProblemPage(ApiProblem problem) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var isGet = HttpMethods.IsGet(httpContext.Request.Method);
        var here = httpContext.Request.Path + httpContext.Request.QueryString;
        if (problem.IsSignedOut)
        {
            // The API refuses both token and renewal: the session is invalid.
            await SessionCookie.EndAsync(httpContext);
            await Redirect.To("/app/signin" + QueryString.Create("returnUrl", isGet ? here : ReturnUrl.Default)).ExecuteAsync(httpContext);
        }
        else if (problem.IsStepUp)
        {
            await Redirect.To(await ConfirmEndpoints.AskAsync(httpContext, problem.NeedsOwnCredentials)).ExecuteAsync(httpContext);
        }
        else if (problem.WantsTwoFactors)
        {
            await Redirect.To(TwoFactorEndpoints.RequiredPath + QueryString.Create("returnUrl", isGet ? here : ReturnUrl.Default)).ExecuteAsync(httpContext);
        }
        else
        {
            await ErrorPages.WriteAsync(httpContext, problem, problem.IsForbidden ? await RoleHelp.OfAsync(httpContext, httpContext.RequestAborted) : null);
        }
    }
}

/// <summary>Runs before the services' JSON problems, because users get pages.</summary>
internal sealed partial class ErrorPageHandler(ILogger<ErrorPageHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = exception switch
        {
            BadHttpRequestException { InnerException: AntiforgeryValidationException } => ErrorPages.OfStatus(httpContext, 400, "form-expired"),
            BadHttpRequestException bad => ErrorPages.OfStatus(httpContext, bad.StatusCode),
            _ when Outages.IsOutage(exception) => ApiProblem.Unreachable,
            _ => ErrorPages.OfStatus(httpContext, StatusCodes.Status500InternalServerError),
        };
        if (problem.Status >= 500)
        {
            Log.Failed(logger, exception, httpContext.Request.Method, httpContext.GetEndpoint()?.DisplayName, problem.Status);
        }

        await ErrorPages.WriteAsync(httpContext, problem);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Method} {Endpoint} failed with {Status}.")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string? endpoint, int status);
    }
}
