using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.ServiceDefaults.Http;

internal static class HealthReportWriter
{
    /// <summary>Tag of checks whose description is shown under <c>notes</c>.</summary>
    private const string NoteTag = "note";

    /// <summary><c>{"status":"healthy","checks":{"PostgreSql":"healthy"}}</c>. No exception texts: they can name hosts and users.</summary>
    public static Task WriteAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(new Answer(
            Name(report.Status),
            report.Entries.ToDictionary(entry => entry.Key, entry => Name(entry.Value.Status)),
            report.Entries.Where(entry => entry.Value.Tags.Contains(NoteTag) && entry.Value.Description is not null)
                .ToDictionary(entry => entry.Key, entry => entry.Value.Description!) is { Count: > 0 } notes ? notes : null));

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };

    private sealed record Answer(
        string Status,
        IReadOnlyDictionary<string, string> Checks,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Notes);
}
