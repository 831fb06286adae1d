using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.ServiceDefaults.Telemetry;

/// <summary>
/// Completes the framework's server span by OpenTelemetry's conventions for HTTP
/// (https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server): .NET 10 sets what is known when a request
/// comes in, but neither its route nor its outcome. The probes of <c>/health</c> and <c>/alive</c>, which come every few
/// seconds for ever, stay out of traces and request metrics, and spans inside of them (a query) follow their parent.
/// </summary>
internal sealed class RequestSpans : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(TraceAsync);
        next(app);
    };

    private static Task TraceAsync(HttpContext context, RequestDelegate next)
    {
        var activity = context.Features.Get<IHttpActivityFeature>()?.Activity;
        if (IsProbe(context.Request.Path))
        {
            if (activity is not null)
            {
                activity.IsAllDataRequested = false;
                activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            }

            if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
            {
                metrics.MetricsDisabled = true;
            }

            return next(context);
        }

        return activity is { IsAllDataRequested: true } ? CompleteAsync(context, next, activity) : next(context);
    }

    private static async Task CompleteAsync(HttpContext context, RequestDelegate next, Activity activity)
    {
        var thrown = false;
        try
        {
            await next(context);
        }
        catch (Exception exception)
        {
            // Got past the exception handler: the server answers 500, or cuts the connection.
            thrown = true;
            activity.SetStatus(ActivityStatusCode.Error);
            activity.SetTag("error.type", exception.GetType().FullName);
            throw;
        }
        finally
        {
            var status = thrown && !context.Response.HasStarted ? StatusCodes.Status500InternalServerError : context.Response.StatusCode;
            activity.SetTag("http.response.status_code", status);
            if (status >= StatusCodes.Status500InternalServerError && activity.Status != ActivityStatusCode.Error)
            {
                activity.SetStatus(ActivityStatusCode.Error);
                activity.SetTag("error.type", status.ToString(CultureInfo.InvariantCulture));
            }

            // Never the path itself as a name: as many names as there are short links.
            var method = activity.GetTagItem("http.request.method") as string ?? "HTTP";
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            activity.DisplayName = route is null ? method : $"{method} {route}";
            if (route is not null)
            {
                activity.SetTag("http.route", route);
            }
        }
    }

    private static bool IsProbe(PathString path) =>
        path.Equals("/health", StringComparison.OrdinalIgnoreCase) || path.Equals("/alive", StringComparison.OrdinalIgnoreCase);
}
