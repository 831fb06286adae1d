using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Team;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.AuditLog;

/// <summary>The workspace's audit log: list, filter, verify, export.</summary>
public static class AuditLogEndpoints
{
    private const int PageSize = 50;

    public static void MapAuditLog(this IEndpointRouteBuilder routes)
    {
        var log = routes.MapGroup("/app/audit-log").RequireAuthorization();
        log.MapGet("/", ListAsync).Needs(Permissions.AuditRead);
        log.MapGet("/verify", VerifyAsync).Needs(Permissions.AuditRead);
        // A POST, because exporting the log is itself logged.
        log.MapPost("/export", ExportAsync).Needs(Permissions.AuditRead);
    }

    /// <summary>The filter, as in the form and in the page's URL.</summary>
    public sealed record Filter
    {
        /// <summary>Id of a member, or user, apiKey, operator, system; from the form also the name of one.</summary>
        [FromQuery(Name = "actor")]
        public string? Actor { get; init; }

        [FromQuery(Name = "action")]
        public string? Action { get; init; }

        /// <summary>yyyy-MM-dd in the viewer's time zone, inclusive.</summary>
        [FromQuery(Name = "from")]
        public string? From { get; init; }

        /// <summary>The last day, inclusive.</summary>
        [FromQuery(Name = "to")]
        public string? To { get; init; }

        public bool IsEmpty => string.IsNullOrWhiteSpace(Actor + Action + From + To);

        /// <param name="cursor">Of the previous page.</param>
        public AuditQuery ToQuery(TimeZoneInfo zone, string? cursor = null) =>
            new(Optional(Actor), Optional(Action), LocalDay.Start(From, 0, zone), LocalDay.Start(To, 1, zone), Optional(cursor));

        public QueryString ToQueryString(string? cursor = null)
        {
            var query = QueryString.Empty;
            foreach (var (name, value) in new[] { ("actor", Actor), ("action", Action), ("from", From), ("to", To), ("cursor", cursor) })
            {
                query = string.IsNullOrWhiteSpace(value) ? query : query.Add(name, value);
            }

            return query;
        }

        private static string? Optional(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
    }

    public sealed class ExportForm
    {
        public string? Actor { get; init; }

        public string? Action { get; init; }

        public string? From { get; init; }

        public string? To { get; init; }

        public string? Format { get; init; }
    }

    public static async Task<Results<RazorComponentResult<AuditLogPage>, ProblemPage>> ListAsync(
        [AsParameters] Filter filter, string? cursor, LinkShortApi api, ActiveWorkspace active, Viewer viewer, Texts texts, CancellationToken cancellationToken)
    {
        // Without the members, the log is still useful.
        IReadOnlyList<Member> members = active.Id is { } id ? (await api.AllMembersAsync(id, cancellationToken)).Value ?? [] : [];
        ApiProblem? problem = null;
        PageOf<AuditEntry>? entries = null;
        if (filter.Actor is { Length: > 0 } actor && AuditActors.Find(actor, members, texts) is var found)
        {
            filter = found is null ? filter : filter with { Actor = found };
            problem = found is null ? ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "actor", texts["auditLog.noSuchActor"]) : null;
        }

        if (problem is null && !(await api.ListAuditLogAsync(filter.ToQuery(viewer.TimeZone, cursor), PageSize, cancellationToken)).Succeeded(out entries, out problem)
            && problem.Slug != "validation")
        {
            return new ProblemPage(problem);
        }

        return new RazorComponentResult<AuditLogPage>(new
        {
            Entries = entries ?? new PageOf<AuditEntry>([], null),
            Members = members,
            Filter = filter,
            Problem = problem,
            IsFirstPage = string.IsNullOrEmpty(cursor),
        })
        { StatusCode = problem?.Status };
    }

    public static async Task<Results<RazorComponentResult<VerdictPage>, ProblemPage>> VerifyAsync(LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.VerifyAuditLogAsync(cancellationToken);
        return result.Succeeded(out var verdict, out var problem)
            ? new RazorComponentResult<VerdictPage>(new { Verdict = verdict })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Download, ProblemPage>> ExportAsync(
        [FromForm] ExportForm form, LinkShortApi api, Viewer viewer, CancellationToken cancellationToken)
    {
        var filter = new Filter { Actor = form.Actor, Action = form.Action, From = form.From, To = form.To };
        var result = await api.ExportAuditLogAsync(filter.ToQuery(viewer.TimeZone), form.Format == "json" ? "json" : "csv", cancellationToken);
        return result.Succeeded(out var download, out var problem) ? download : new ProblemPage(problem);
    }
}
