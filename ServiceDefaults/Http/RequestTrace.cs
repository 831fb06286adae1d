using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>What problems and the log name a request by.</summary>
public static class RequestTrace
{
    private static readonly object Key = new();

    /// <summary>
    /// The trace of a request as W3C Trace Context writes it, 32 hexadecimal digits. Where no Activity is made because nobody collects
    /// traces (the gateway), the one that the caller's <c>traceparent</c> names, or else one made up now: the same one each time it is asked for.
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
