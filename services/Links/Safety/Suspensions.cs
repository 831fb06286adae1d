using System.Globalization;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.Safety;

/// <summary>
/// Suspends links, workspaces and hosts, for <c>./linkshort suspend</c>. Redirect applies each <see cref="SuspensionChanged"/>, and reloads the
/// whole list after it was disconnected.
/// </summary>
public static class Suspensions
{
    private const int MaxReason = 500;

    /// <param name="Revision">The highest revision of any change: an older suspension that isn't listed was lifted.</param>
    public sealed record List(long Revision, IReadOnlyList<SuspensionChanged> Items);

    private sealed record Change(string Kind, string? Target, bool Suspended, string? Reason);

    /// <summary>GET /internal/suspensions: those in force, newest first.</summary>
    /// <param name="format"><c>text</c> returns a table for a terminal. Default: JSON.</param>
    public static async Task<Results<Ok<List>, ContentHttpResult>> ListAsync(
        string? format, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        // A single statement, so that the revision belongs to the list.
        var all = await connection.QueryAsync<SuspensionChanged>(
            "select kind, target, suspended, reason, revision, changed_at from suspensions order by revision desc", null,
            cancellationToken);
        var list = new List(all.Count == 0 ? 0 : all[0].Revision, [.. all.Where(item => item.Suspended)]);
        return format == "text" ? TypedResults.Text(Table(list.Items), "text/plain", Encoding.UTF8) : TypedResults.Ok(list);
    }

    /// <summary>PUT /internal/suspensions/{kind}?target=&amp;reason=. Repeat it to change the reason.</summary>
    /// <param name="kind"><c>link</c>, <c>workspace</c> or <c>host</c>.</param>
    /// <param name="target">See <see cref="SuspensionTarget.FindAsync"/>.</param>
    /// <param name="reason">For operators, at most 500 characters. Visitors don't see it.</param>
    public static Task<Results<Ok<SuspensionChanged>, ProblemHttpResult>> SuspendAsync(
        string kind, string? target, string? reason, Database database, CodeKeys keys, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken) =>
        ChangeAsync(new Change(kind, target, Suspended: true, reason), database, keys, audit, time, cancellationToken);

    /// <summary>DELETE /internal/suspensions/{kind}?target=. Answers 404 if the target isn't suspended.</summary>
    public static Task<Results<Ok<SuspensionChanged>, ProblemHttpResult>> EndAsync(
        string kind, string? target, Database database, CodeKeys keys, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken) =>
        ChangeAsync(new Change(kind, target, Suspended: false, null), database, keys, audit, time, cancellationToken);

    private static async Task<Results<Ok<SuspensionChanged>, ProblemHttpResult>> ChangeAsync(
        Change asked, Database database, CodeKeys keys, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var (kind, target, suspended, reason) = asked;
        if (!SuspensionTarget.IsKind(kind))
        {
            return ValidationErrors.Of("kind", FieldRules.OneOf("link", "workspace", "host"));
        }

        if (reason is { Length: > MaxReason })
        {
            return ValidationErrors.Of("reason", FieldRules.MaxCharacters(MaxReason));
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
            return Problems.NotFound.Result(LinksTexts.Of("suspensions.notSuspended", ("kind", kind), ("target", found.Value)));
        }

        work.Publish(change);
        var owner = kind switch
        {
            "workspace" => Guid.Parse(found.Value),
            // every workspace: operators name a link without its workspace, and the entry belongs into that workspace's log
            "link" => await work.ExecuteScalarAsync<Guid?>(
                "select workspace_id from links where id = @Id", new { Id = Guid.Parse(found.Value) }, cancellationToken),
            _ => null,
        };
        // Only the command line has the internal key. A host belongs to no workspace, so its entry goes to the installation's log.
        work.Publish(audit.Entry($"{kind}.{(suspended ? "suspended" : "unsuspended")}", kind, found.Value, after: suspended ? new { reason } : null, workspace: owner)
            with { ActorKind = "operator" });
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(change);
    }

    /// <param name="identityVersion">Version of identity's event; null for the command line.</param>
    /// <returns>Null if the target isn't suspended, or if a newer event of identity was applied.</returns>
    internal static async Task<SuspensionChanged?> WriteAsync(
        UnitOfWork work, SuspensionTarget target, bool suspended, string? reason, long? identityVersion, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The lock serializes writers: a reader of the highest revision has seen every lower one. Revisions start at the clock's microseconds,
        // so that they keep increasing after the database was restored from a backup.
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
            new { target.Kind, target.Value, suspended, reason, identityVersion, at = now.ToMicroseconds() },
            cancellationToken);
        return change is null ? null : change with { IdentityVersion = identityVersion };
    }

    private static string Table(IReadOnlyList<SuspensionChanged> items)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"KIND",-10} {"TARGET",-40} {"SINCE",-20} REASON");
        foreach (var item in items)
        {
            // A reason is printed on one line.
            var reason = string.Join(' ', (item.Reason ?? "").Split(['\r', '\n', '\t', '\x1B'], StringSplitOptions.RemoveEmptyEntries));
            text.AppendLine(CultureInfo.InvariantCulture, $"{item.Kind,-10} {item.Target,-40} {item.ChangedAt.UtcDateTime,-20:yyyy-MM-ddTHH:mm:ssZ} {reason}");
        }

        return text.ToString();
    }
}
