using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>The trace id that identifies a request in problems and the log.</summary>
public static class RequestTrace
{
    private static readonly object Key = new();

    /// <summary>
    /// The trace id of a request in W3C format, 32 hexadecimal digits. Without an Activity, because traces are not collected (the gateway), it is
    /// that of the caller's <c>traceparent</c>, or else a new one that remains the same for the request.
    /// </summary>
    public static string Of(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            return activity.TraceId.ToString();
        }

        if (http.Items.TryGetValue(Key, out var known))
        {
            return (string)known!;
        }

        var trace = http.Request.Headers.TraceParent is [{ } parent] && ActivityContext.TryParse(parent, null, out var context)
            ? context.TraceId.ToString()
            : ActivityTraceId.CreateRandom().ToString();
        http.Items[Key] = trace;
        return trace;
    }
}
