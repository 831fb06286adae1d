using System.ComponentModel;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dapper;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.AuditLog;

/// <summary>GET /api/v1/audit-log</summary>
public static class ReadAuditLog
{
    /// <param name="Kind">user, apiKey, operator or system.</param>
    /// <param name="Id">The user; for an API key, its creator.</param>
    /// <param name="Name">The user's current name; null once the account is erased.</param>
    public sealed record Actor(string Kind, Guid? Id, Guid? ApiKeyId, string? Name, string? Email);

    /// <param name="Name">The current name of a member, user, API key or workspace; absent for others, and once it is erased. Exports omit it.</param>
    public sealed record Target(string Type, string Id, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null);

    /// <param name="Sequence">1, 2, 3 … in the workspace's chain.</param>
    /// <param name="Before">The state before; null for a new object, and once the details are erased.</param>
    /// <param name="Network">The network of the request, never a whole IP address.</param>
    /// <param name="Hash">SHA-256 over the entry and the previous entry's hash, in lower-case hex.</param>
    public sealed record Entry(
        Guid Id,
        long Sequence,
        DateTimeOffset At,
        Actor Actor,
        string Action,
        Target Target,
        JsonNode? Before,
        JsonNode? After,
        bool DetailsErased,
        string? Network,
        string? UserAgent,
        string? TraceId,
        string Hash);

    /// <summary>Where the next page starts.</summary>
    public sealed record Cursor(long Sequence);

    public static async Task<Results<Ok<Page<Entry>>, ProblemHttpResult>> HandleAsync(
        [AsParameters] AuditQuery query,
        [Description("1 to 200, default 50.")] int? limit,
        [Description("nextCursor of the previous page.")] string? cursor,
        HttpRequest request, CurrentWorkspace workspace, Database database, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var filter = AuditFilter.Parse(request, query, errors, nameof(limit), nameof(cursor));
        var size = Paging.Limit(limit, errors);
        var after = Paging.Decode<Cursor>(cursor, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var (sql, parameters) = Select(filter, workspace.Id, after?.Sequence);
        await using var connection = await database.OpenAsync(cancellationToken);
        parameters.Add("Rows", size + 1);
        var rows = await connection.QueryAsync<Row>(sql + " limit @Rows", parameters, cancellationToken);
        var names = await TargetNames.ReadAsync(connection, rows, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => ToEntry(row, names), row => new Cursor(row.Sequence)));
    }

    /// <summary>Newest first. Filtered by the time of the action, ordered by the time of arrival, which is the order of the chain.</summary>
    internal static (string Sql, DynamicParameters Parameters) Select(AuditFilter filter, Guid workspaceId, long? before) =>
        Complete(filter, workspaceId, before, """
            select a.entry_id as id, a.sequence, a.at, a.actor_kind, a.actor_id, a.api_key_id, u.name as actor_name, u.email as actor_email,
                   a.action, a.target_type, a.target_id, a.before, a.after, a.details_erased, a.network, a.user_agent, a.trace_id, a.hash
            from audit_log a
            left join users u on u.id = a.actor_id and a.actor_kind in ('user', 'apiKey')
            where a.workspace_id = @WorkspaceId and a.chain = @WorkspaceId
            """);

    /// <summary>The same with operators' names. Also for the installation's chain, whose older entries name no workspace.</summary>
    internal static (string Sql, DynamicParameters Parameters) SelectForOperators(AuditFilter filter, Guid chain, long? before) =>
        Complete(filter, chain, before, """
            -- every workspace: a chain is one workspace's, or the installation's
            select a.entry_id as id, a.sequence, a.at, a.actor_kind, a.actor_id, a.api_key_id, u.name as actor_name, u.email as actor_email,
                   a.action, a.target_type, a.target_id, a.before, a.after, a.details_erased, a.network, a.user_agent, a.trace_id, a.hash
            from audit_log a
            left join users u on u.id = a.actor_id
            where a.chain = @WorkspaceId
            """);

    private static (string Sql, DynamicParameters Parameters) Complete(AuditFilter filter, Guid workspaceId, long? before, string select)
    {
        var parameters = new DynamicParameters();
        parameters.Add("WorkspaceId", workspaceId);
        var sql = new StringBuilder(select);
        filter.Append(sql, parameters);
        if (before is not null)
        {
            sql.Append(" and a.sequence < @Before");
            parameters.Add("Before", before);
        }

        return (sql.Append(" order by a.sequence desc").ToString(), parameters);
    }

    internal static Entry ToEntry(Row row, TargetNames? names = null) => new(
        row.Id, row.Sequence, row.At,
        new Actor(row.ActorKind, row.ActorId, row.ApiKeyId, row.ActorName, row.ActorEmail),
        row.Action, new Target(row.TargetType, row.TargetId, names?.Of(row)), Json(row.Before), Json(row.After), row.DetailsErased,
        row.Network, row.UserAgent, row.TraceId, Convert.ToHexStringLower(row.Hash));

    private static JsonNode? Json(string? text)
    {
        try
        {
            return text is null ? null : JsonNode.Parse(text);
        }
        catch (System.Text.Json.JsonException)
        {
            // Someone changed it in the table, which verification reports. Returned as text.
            return JsonValue.Create(text);
        }
    }

    internal sealed record Row
    {
        public Guid Id { get; init; }

        public long Sequence { get; init; }

        public DateTimeOffset At { get; init; }

        public string ActorKind { get; init; } = "";

        public Guid? ActorId { get; init; }

        public Guid? ApiKeyId { get; init; }

        public string? ActorName { get; init; }

        public string? ActorEmail { get; init; }

        public string Action { get; init; } = "";

        public string TargetType { get; init; } = "";

        public string TargetId { get; init; } = "";

        public string? Before { get; init; }

        public string? After { get; init; }

        public bool DetailsErased { get; init; }

        public string? Network { get; init; }

        public string? UserAgent { get; init; }

        public string? TraceId { get; init; }

        public byte[] Hash { get; init; } = [];
    }
}
