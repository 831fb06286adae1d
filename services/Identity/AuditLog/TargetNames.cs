using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Identity.AuditLog;

/// <summary>The current names of what entries are about. The log itself holds ids, so that erasing a user erases their name here, too.</summary>
internal sealed class TargetNames
{
    private readonly Dictionary<(string Type, Guid Id), string> _names;

    private TargetNames(Dictionary<(string Type, Guid Id), string> names) => _names = names;

    public string? Of(ReadAuditLog.Row row) => Guid.TryParse(row.TargetId, out var id) ? _names.GetValueOrDefault((TypeOf(row), id)) : null;

    public static async Task<TargetNames> ReadAsync(NpgsqlConnection connection, IReadOnlyCollection<ReadAuditLog.Row> rows, CancellationToken cancellationToken)
    {
        var names = await connection.QueryAsync<(string Type, Guid Id, string Name)>(
            """
            -- every workspace: the ids are those of entries that the caller may read
            select 'user' as type, id, coalesce(name, email) as name from users where id = any(@Users)
            union all select 'apiKey', id, name from api_keys where id = any(@Keys)
            union all select 'workspace', id, name from workspaces where id = any(@Workspaces)
            """,
            new { Users = Ids("user"), Keys = Ids("apiKey"), Workspaces = Ids("workspace") }, cancellationToken);
        return new TargetNames(names.ToDictionary(found => (found.Type, found.Id), found => found.Name));

        Guid[] Ids(string type) =>
            [.. rows.Where(row => TypeOf(row) == type && Guid.TryParse(row.TargetId, out _)).Select(row => Guid.Parse(row.TargetId)).Distinct()];
    }

    /// <summary>A member is a user.</summary>
    private static string TypeOf(ReadAuditLog.Row row) => row.TargetType == "member" ? "user" : row.TargetType;
}
