using System.Data.Common;
using System.Text.Json.Serialization;
using LinkShort.ServiceDefaults.Logging;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Health;

internal static class HealthReportWriter
{
    /// <summary>Tag of checks whose description is shown under <c>notes</c>.</summary>
    private const string NoteTag = "note";

    /// <summary>Tag of our own checks, whose descriptions may be shown.</summary>
    private const string ReadyTag = "ready";

    /// <summary>
    /// <c>{"status":"unhealthy","checks":{"PostgreSql":"unhealthy"},"problems":{"PostgreSql":{"why":"PostgreSQL can't be reached.",
    /// "since":"2026-11-28T20:15:00Z"}}}</c>. No exception texts: they can name hosts and users.
    /// </summary>
    /// <param name="showsDetails">Otherwise the answer is the status alone.</param>
    public static Task WriteAsync(HttpContext context, HealthReport report, bool showsDetails)
    {
        var history = context.RequestServices.GetRequiredService<HealthHistory>();
        var problems = new Dictionary<string, HealthProblem>();
        foreach (var (name, entry) in report.Entries)
        {
            if (history.Observe(name, entry.Status == HealthStatus.Healthy) is { } since)
            {
                problems[name] = new HealthProblem(Why(name, entry), since);
            }
        }

        if (!showsDetails)
        {
            return context.Response.WriteAsJsonAsync(new Answer(Name(report.Status), null, null, null));
        }

        return context.Response.WriteAsJsonAsync(new Answer(
            Name(report.Status),
            report.Entries.ToDictionary(entry => entry.Key, entry => Name(entry.Value.Status)),
            report.Entries.Where(entry => entry.Value.Tags.Contains(NoteTag) && entry.Value.Description is not null)
                .ToDictionary(entry => entry.Key, entry => entry.Value.Description!) is { Count: > 0 } notes ? notes : null,
            problems.Count > 0 ? problems : null));
    }

    private static string Why(string name, HealthReportEntry entry) => name switch
    {
        "PostgreSql" => entry.Exception switch
        {
            // https://www.postgresql.org/docs/current/errcodes-appendix.html
            DbException { SqlState: "28P01" or "28000" } => "PostgreSQL refuses this service's user or password.",
            DbException { SqlState: "3D000" } => "This service's database does not exist.",
            DbException { SqlState: "57P03" or "57P01" } => "PostgreSQL is starting or stopping.",
            DbException { SqlState: "53300" } => "PostgreSQL has no free connections.",
            var exception when IsTimeout(exception) => "PostgreSQL did not respond in time.",
            _ => "PostgreSQL can't be reached.",
        },
        "StackExchange.Redis" => entry.Exception switch
        {
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => "Redis refuses this service's password.",
            // The client reports a time-out even while it isn't connected.
            _ => "Redis can't be reached, or did not respond in time.",
        },
        "RabbitMQ.Client" => "RabbitMQ can't be reached, or this service's queues are not ready yet.",
        // A check that threw has the exception's text as its description.
        _ when entry.Exception is null && entry.Description is { Length: > 0 } words && (entry.Tags.Contains(ReadyTag) || entry.Tags.Contains(NoteTag)) =>
            Redaction.All(words),
        _ => "The check failed; the log has the reason.",
    };

    private static bool IsTimeout(Exception? exception) =>
        exception is TimeoutException or OperationCanceledException || exception?.InnerException is TimeoutException;

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };

    private sealed record Answer(
        string Status,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Checks,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Notes,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, HealthProblem>? Problems);
}
