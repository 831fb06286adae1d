using System.Globalization;
using System.Text;
using Dapper;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.Safety;

/// <summary>
/// What operators take out of service at once: /internal/suspensions. Redirect learns of each change by <see cref="SuspensionChanged"/>,
/// and asks for the whole list after it was cut off. <c>./linkshort suspend</c> is what operators type.
/// </summary>
public static class Suspensions
{
    private const int MaxReason = 500;

    /// <param name="Revision">The highest of any change so far: a suspension that isn't listed, and isn't newer, has ended.</param>
    public sealed record List(long Revision, IReadOnlyList<SuspensionChanged> Items);

    /// <summary>GET /internal/suspensions — those in force, newest first.</summary>
    /// <param name="format"><c>text</c>: a table for people. Otherwise JSON.</param>
    public static async Task<Results<Ok<List>, ContentHttpResult>> ListAsync(
        string? format, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        // One statement, so that list and revision belong together.
        var all = await connection.QueryAsync<SuspensionChanged>(
            "select kind, target, suspended, reason, revision, changed_at from suspensions order by revision desc", null,
            cancellationToken);
        var list = new List(all.Count == 0 ? 0 : all[0].Revision, [.. all.Where(item => item.Suspended)]);
        return format == "text" ? TypedResults.Text(Table(list.Items), "text/plain", Encoding.UTF8) : TypedResults.Ok(list);
    }

    /// <summary>PUT /internal/suspensions/{kind}?target=&amp;reason= — again for another reason.</summary>
    /// <param name="kind"><c>link</c>, <c>workspace</c> or <c>host</c>.</param>
    /// <param name="target">See <see cref="SuspensionTarget.FindAsync"/>.</param>
    /// <param name="reason">For operators, at most 500 characters. Visitors don't see it.</param>
    public static Task<Results<Ok<SuspensionChanged>, ProblemHttpResult>> SuspendAsync(
        string kind, string? target, string? reason, Database database, CodeKeys keys, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken) =>
        ChangeAsync(kind, target, suspended: true, reason, database, keys, audit, time, cancellationToken);

    /// <summary>DELETE /internal/suspensions/{kind}?target= — back into service. 404 when it wasn't suspended.</summary>
    public static Task<Results<Ok<SuspensionChanged>, ProblemHttpResult>> EndAsync(
        string kind, string? target, Database database, CodeKeys keys, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken) =>
        ChangeAsync(kind, target, suspended: false, null, database, keys, audit, time, cancellationToken);

    private static async Task<Results<Ok<SuspensionChanged>, ProblemHttpResult>> ChangeAsync(
        string kind, string? target, bool suspended, string? reason, Database database, CodeKeys keys, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!SuspensionTarget.IsKind(kind))
        {
            return ValidationErrors.Of("kind", "One of: link, workspace, host.");
        }

        if (reason is { Length: > MaxReason })
        {
            return ValidationErrors.Of("reason", $"At most {MaxReason} characters.");
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var (found, error) = await SuspensionTarget.FindAsync(kind, target, keys, work.Connection, cancellationToken);
        if (found is null)
        {
            return ValidationErrors.Of("target", error!);
        }

        var change = await WriteAsync(work, found, suspended, reason, identityVersion: null, time.GetUtcNow(), cancellationToken);
        if (change is null)
        {
            return Problems.NotFound.Result($"The {kind} {found.Value} is not suspended.");
        }

        work.Publish(change);
        var owner = kind switch
        {
            "workspace" => Guid.Parse(found.Value),
            // every workspace: an operator names a link by itself, and whose log it goes to is asked here
            "link" => await work.ExecuteScalarAsync<Guid?>(
                "select workspace_id from links where id = @Id", new { Id = Guid.Parse(found.Value) }, cancellationToken),
            _ => null,
        };
        // Whoever has the internal key: the command line. A host belongs to nobody here, so that goes to the installation's log.
        work.Publish(audit.Entry($"{kind}.{(suspended ? "suspended" : "unsuspended")}", kind, found.Value, after: suspended ? new { reason } : null, workspace: owner)
            with { ActorKind = "operator" });
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(change);
    }

    /// <param name="identityVersion">Of the event by which identity asked for it; null for the command line.</param>
    /// <returns>Null: there is nothing to end, or identity has asked for something newer since.</returns>
    internal static async Task<SuspensionChanged?> WriteAsync(
        UnitOfWork work, SuspensionTarget target, bool suspended, string? reason, long? identityVersion, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Whoever reads the highest revision has seen every lower one: writers go one after the other. Begun at the clock's
        // microseconds, so that they go on growing when the database is restored to an older state.
        var change = await work.QuerySingleOrDefaultAsync<SuspensionChanged>(
            """
            lock table suspensions in share row exclusive mode;
            insert into suspensions (kind, target, suspended, reason, revision, changed_at, identity_version)
            select @Kind, @Value, @suspended, @reason,
                   greatest((select coalesce(max(revision), 0) + 1 from suspensions), (extract(epoch from clock_timestamp()) * 1000000)::bigint), @at, @identityVersion
            where @suspended or @identityVersion::bigint is not null
                or exists (select 1 from suspensions where kind = @Kind and target = @Value and suspended)
            on conflict (kind, target) do update set
                suspended = excluded.suspended, reason = coalesce(excluded.reason, suspensions.reason), revision = excluded.revision,
                changed_at = excluded.changed_at, identity_version = coalesce(excluded.identity_version, suspensions.identity_version)
            where excluded.identity_version is null or excluded.identity_version > coalesce(suspensions.identity_version, 0)
            returning kind, target, suspended, reason, revision, changed_at
            """,
            new { target.Kind, target.Value, suspended, reason, identityVersion, at = LinkInput.Microseconds(now) },
            cancellationToken);
        return change is null ? null : change with { IdentityVersion = identityVersion };
    }

    private static string Table(IReadOnlyList<SuspensionChanged> items)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"KIND",-10} {"TARGET",-40} {"SINCE",-20} REASON");
        foreach (var item in items)
        {
            // A reason is one line, whatever was typed.
            var reason = string.Join(' ', (item.Reason ?? "").Split(['\r', '\n', '\t', '\x1B'], StringSplitOptions.RemoveEmptyEntries));
            text.AppendLine(CultureInfo.InvariantCulture, $"{item.Kind,-10} {item.Target,-40} {item.ChangedAt.UtcDateTime,-20:yyyy-MM-ddTHH:mm:ssZ} {reason}");
        }

        return text.ToString();
    }
}
