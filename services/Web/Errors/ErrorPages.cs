using System.Diagnostics;
using LinkShort.ServiceDefaults;
using LinkShort.Web.Api;
using LinkShort.Web.Confirm;
using LinkShort.Web.Security;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Errors;

/// <summary>Answers whole pages for what pages can't show themselves: unknown addresses, outages, bugs.</summary>
public static class ErrorPages
{
    public static void UseErrorPages(this IApplicationBuilder app) =>
        app.UseStatusCodePages(context => WriteAsync(context.HttpContext, OfStatus(context.HttpContext, context.HttpContext.Response.StatusCode)));

    /// <param name="help">For those whose role isn't enough.</param>
    public static async Task WriteAsync(HttpContext context, ApiProblem problem, RoleHelp? help = null)
    {
        context.Response.StatusCode = problem.Status;
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "5";
        }

        // A part of a page was asked for: the problem takes the whole window, not the part's place.
        if (context.Request.Headers.ContainsKey("HX-Request"))
        {
            context.Response.Headers["HX-Retarget"] = "body";
            context.Response.Headers["HX-Reswap"] = "innerHTML";
            context.Response.Headers["HX-Reselect"] = "body > *";
        }

        // The request's renderer may have stopped half-way through another page, and can't begin a second one.
        var services = context.RequestServices;
        await using var scope = services.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        try
        {
            await new RazorComponentResult<ErrorPage>(new { Problem = problem, Help = help }) { StatusCode = problem.Status }.ExecuteAsync(context);
        }
        finally
        {
            context.RequestServices = services;
        }
    }

    internal static ApiProblem OfStatus(HttpContext context, int status, string slug = "") =>
        new(status, slug, null, null, new Dictionary<string, string[]>(), TraceId: Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier);
}

/// <summary>
/// A page's problem that its own markup has no place for. One that means "signed out" ends the session and leads to the sign-in page, one
/// that means "is it you?" to the page that asks, and from there back to what was going on.
/// </summary>
public sealed class ProblemPage(ApiProblem problem) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var isGet = HttpMethods.IsGet(httpContext.Request.Method);
        var here = httpContext.Request.Path + httpContext.Request.QueryString;
        if (problem.IsSignedOut)
        {
            // The API refuses the token and its renewal: the session is of no use any more.
            await SessionCookie.EndAsync(httpContext);
            await Redirect.To("/app/signin" + QueryString.Create("returnUrl", isGet ? here : ReturnUrl.Default)).ExecuteAsync(httpContext);
        }
        else if (problem.IsStepUp)
        {
            await Redirect.To(await ConfirmEndpoints.AskAsync(httpContext)).ExecuteAsync(httpContext);
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

/// <summary>Before the JSON problems of the services: people get pages.</summary>
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
