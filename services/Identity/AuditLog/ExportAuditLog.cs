using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Plans;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.AuditLog;

/// <summary>GET /api/v1/audit-log/export</summary>
public static class ExportAuditLog
{
    public static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> HandleAsync(
        [Description("csv or json.")] string? format,
        [AsParameters] AuditQuery query,
        CurrentWorkspace workspace, AuditExport export, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var filter = AuditFilter.Parse(context.Request, query, errors, nameof(format));
        if (format is not ("csv" or "json"))
        {
            errors.Add("format", FieldRules.Either("csv", "json"));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            if (await WorkspacePlans.OfAsync(connection, workspace.Id, cancellationToken) is { AuditExport: false } plan)
            {
                return plan.NotIncluded(PlanLimits.AuditExport);
            }
        }

        return await export.StreamAsync(format!, filter, workspace.Id, cancellationToken);
    }
}

/// <summary>Streams the log row by row, newest first, so that memory doesn't grow with its length.</summary>
public sealed class AuditExport(Database database, AuditTrail audit, IOptions<JsonOptions> json, TimeProvider time)
{
    private static readonly string[] Columns =
    [
        "Sequence", "Id", "At", "Actor Kind", "Actor Id", "Actor Name", "Actor Email", "API Key Id", "Action", "Target Type", "Target Id",
        "Before", "After", "Network", "User Agent", "Trace Id", "Hash",
    ];

    /// <param name="format">csv or json.</param>
    public async Task<PushStreamHttpResult> StreamAsync(string format, AuditFilter filter, Guid workspaceId, CancellationToken cancellationToken)
    {
        // An export is an entry of its own, whether or not the response arrives.
        await using (var work = await database.BeginAsync(cancellationToken))
        {
            work.Publish(audit.Entry("audit.exported", "workspace", workspaceId, after: new { format, filter }));
            await work.CommitAsync(cancellationToken);
        }

        var (sql, parameters) = ReadAuditLog.Select(filter, workspaceId, null);
        var name = string.Create(CultureInfo.InvariantCulture, $"audit-log-{time.GetUtcNow():yyyyMMdd-HHmmss}.{format}");
        var serializer = json.Value.SerializerOptions;
        return format == "csv"
            ? TypedResults.Stream(stream => WriteCsvAsync(stream, Rows(), cancellationToken), "text/csv; charset=utf-8", name)
            : TypedResults.Stream(stream => WriteJsonAsync(stream, Rows(), serializer, cancellationToken), "application/json", name);

        async IAsyncEnumerable<ReadAuditLog.Row> Rows()
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            await foreach (var row in connection.QueryUnbufferedAsync<ReadAuditLog.Row>(sql, parameters).WithCancellation(cancellationToken))
            {
                yield return row;
            }
        }
    }

    private static async Task WriteCsvAsync(Stream stream, IAsyncEnumerable<ReadAuditLog.Row> rows, CancellationToken cancellationToken)
    {
        await using var csv = new SpreadsheetWriter(stream);
        await csv.WriteAsync(Columns, cancellationToken);
        await foreach (var row in rows)
        {
            await csv.WriteAsync(
            [
                row.Sequence.ToString(CultureInfo.InvariantCulture), row.Id.ToString(), row.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
                row.ActorKind, row.ActorId?.ToString(), row.ActorName, row.ActorEmail, row.ApiKeyId?.ToString(), row.Action, row.TargetType,
                row.TargetId, row.Before, row.After, row.Network, row.UserAgent, row.TraceId, Convert.ToHexStringLower(row.Hash),
            ], cancellationToken);
        }
    }

    private static async Task WriteJsonAsync(
        Stream stream, IAsyncEnumerable<ReadAuditLog.Row> rows, JsonSerializerOptions options, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(stream, Entries(), options, cancellationToken);

        async IAsyncEnumerable<ReadAuditLog.Entry> Entries()
        {
            await foreach (var row in rows)
            {
                yield return ReadAuditLog.ToEntry(row);
            }
        }
    }
}
