using System.Diagnostics;

namespace LinkShort.ServiceDefaults.Telemetry;

/// <summary>
/// Spans of work that several traces caused, such as one transaction for many messages
/// (https://opentelemetry.io/docs/concepts/signals/traces/#span-links).
/// </summary>
public static class JoinedTraces
{
    /// <summary>Maximum links of a span. Collectors keep 128 by default; readers follow a few.</summary>
    public const int MaxLinks = 32;

    /// <summary>Starts a span that continues the first recorded trace and links to the others.</summary>
    /// <param name="causes">W3C <c>traceparent</c> values, oldest first; null and malformed ones are left out.</param>
    /// <returns>Null without listeners; then nothing is read or allocated.</returns>
    public static Activity? StartJoined(this ActivitySource source, string name, ActivityKind kind, IEnumerable<string?> causes)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!source.HasListeners())
        {
            return null;
        }

        var contexts = Contexts(causes);
        return contexts.Count == 0
            ? source.StartActivity(name, kind)
            : source.StartActivity(name, kind, contexts[0], links: contexts.Skip(1).Select(context => new ActivityLink(context)));
    }

    /// <summary>Starts a new trace that links to its causes.</summary>
    /// <param name="causes">See <see cref="StartJoined"/>.</param>
    public static Activity? StartLinked(this ActivitySource source, string name, ActivityKind kind, IEnumerable<string?> causes)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.HasListeners()
            ? source.StartActivity(name, kind, parentContext: default, links: Contexts(causes).Select(context => new ActivityLink(context)))
            : null;
    }

    /// <summary>The recorded contexts without duplicates: a link to a span that was not recorded leads nowhere.</summary>
    private static List<ActivityContext> Contexts(IEnumerable<string?> causes) =>
    [
        .. causes.Distinct(StringComparer.Ordinal)
            .Select(cause => ActivityContext.TryParse(cause, null, isRemote: true, out var context) ? context : default)
            .Where(context => context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            .Take(MaxLinks + 1),
    ];
}
