using System.ComponentModel;
using LinkShort.Identity.AuditLog;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration;

/// <summary>
/// GET /api/v1/admin/audit-log: what operators did; with <c>workspaceId</c> the log of that workspace, which both logs record.
/// </summary>
public static class AdminAuditLog
{
    private const string WorkspaceText = "A workspace whose log to read instead of the operators' own.";

    public static async Task<Results<Ok<Page<ReadAuditLog.Entry>>, ProblemHttpResult>> ReadAsync(
        [Description(WorkspaceText)] Guid? workspaceId,
        [AsParameters] AuditQuery query,
        [Description("1 to 200, default 50.")] int? limit,
        [Description("nextCursor of the previous page.")] string? cursor,
        HttpRequest request, Database database, OperatorLog log, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var filter = AuditFilter.Parse(request, query, errors, nameof(workspaceId), nameof(limit), nameof(cursor));
        var size = Paging.Limit(limit, errors);
        var after = Paging.Decode<ReadAuditLog.Cursor>(cursor, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var (sql, parameters) = ReadAuditLog.SelectForOperators(filter, workspaceId ?? AuditChains.Installation, after?.Sequence);
        parameters.Add("Rows", size + 1);
        var rows = await work.QueryAsync<ReadAuditLog.Row>(sql + " limit @Rows", parameters, cancellationToken);
        var names = await TargetNames.ReadAsync(work.Connection, rows, cancellationToken);
        if (workspaceId is { } concerned && rows.Count > 0)
        {
            // The log's owner can see that an operator read it.
            log.Record(work, "auditLog.viewed", "workspace", concerned, concerned: concerned);
            await work.CommitAsync(cancellationToken);
        }

        return TypedResults.Ok(Paging.Page(rows, size, row => ReadAuditLog.ToEntry(row, names), row => new ReadAuditLog.Cursor(row.Sequence)));
    }

    public static async Task<Ok<VerifyAuditLog.Response>> VerifyAsync(
        [Description(WorkspaceText)] Guid? workspaceId, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return TypedResults.Ok((await VerifyAuditLog.VerifyAsync(connection, workspaceId ?? AuditChains.Installation, cancellationToken)).In(context));
    }
}
