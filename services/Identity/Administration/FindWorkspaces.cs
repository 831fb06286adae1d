using System.ComponentModel;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.Administration;

/// <summary>GET /api/v1/admin/workspaces and /api/v1/admin/workspaces/{id}</summary>
public static class FindWorkspaces
{
    public sealed record Found(Guid Id, string Name, string Plan, bool Personal, int Members, bool Suspended, DateTimeOffset CreatedAt);

    /// <param name="Members">The first hundred, in the order in which they joined.</param>
    public sealed record Details(
        Guid Id, string Name, string Plan, bool Personal, bool RequireTwoFactor, DateTimeOffset CreatedAt, DateTimeOffset? DeletionScheduledAt,
        Suspension? Suspension, IReadOnlyList<Person> Members);

    /// <param name="Reason">Empty if the command line gave none.</param>
    public sealed record Suspension(string Reason, DateTimeOffset At);

    public sealed record Person(Guid Id, string Email, string? Name, string Role, bool Suspended);

    public static async Task<Results<Ok<Page<Found>>, ProblemHttpResult>> ListAsync(
        [Description("An id, or part of a name.")] string? search,
        [Description("true: only suspended workspaces. false: only workspaces that aren't suspended.")] bool? suspended,
        [Description("1 to 200, default 50.")] int? limit,
        [Description("nextCursor of the previous page.")] string? cursor,
        Database database, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var pattern = AdminText.Pattern(search, errors);
        var size = Paging.Limit(limit, errors);
        var after = Paging.Decode<IdCursor>(cursor, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var condition = Guid.TryParse(search?.Trim(), out var id) ? "w.id = @id" : pattern is not null ? "lower(w.name) like @pattern" : "true";
        await using var connection = await database.OpenAsync(cancellationToken);
        // every workspace: an operator's search
        var rows = await connection.QueryAsync<Found>(
            $"""
            select w.id, w.name, w.plan, w.personal_of is not null as personal,
                   (select count(*)::int from members m where m.workspace_id = w.id) as members, x.suspended is true as suspended, w.created_at
            from workspaces w left join workspace_suspensions x on x.workspace_id = w.id
            where {condition} and (@suspended::boolean is null or (x.suspended is true) = @suspended) and (@After::uuid is null or w.id < @After)
            order by w.id desc limit @Rows
            """,
            new { id, pattern, suspended, After = after?.Id, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }

    public static async Task<Results<Ok<Details>, ProblemHttpResult>> GetAsync(Guid id, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await ReadAsync(connection, id, cancellationToken) is { } details ? TypedResults.Ok(details) : Problems.NotFound.Result();
    }

    internal static async Task<Details?> ReadAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            """
            select w.id, w.name, w.plan, w.personal_of is not null as personal, w.require_two_factor, w.created_at, w.deletion_scheduled_at,
                   x.suspended is true as suspended, x.reason, x.changed_at
            from workspaces w left join workspace_suspensions x on x.workspace_id = w.id where w.id = @id
            """,
            new { id }, cancellationToken);
        if (row is null)
        {
            return null;
        }

        var members = await connection.QueryAsync<Person>(
            """
            select u.id, u.email, u.name, m.role, x.user_id is not null as suspended
            from members m join users u on u.id = m.user_id left join user_suspensions x on x.user_id = u.id
            where m.workspace_id = @id order by m.joined_at, u.id limit 100
            """,
            new { id }, cancellationToken);
        return new Details(
            row.Id, row.Name, row.Plan, row.Personal, row.RequireTwoFactor, row.CreatedAt, row.DeletionScheduledAt,
            row.Suspended ? new Suspension(row.Reason ?? "", row.ChangedAt!.Value) : null, members);
    }

    private sealed record Row
    {
        public Guid Id { get; init; }

        public required string Name { get; init; }

        public required string Plan { get; init; }

        public bool Personal { get; init; }

        public bool RequireTwoFactor { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? DeletionScheduledAt { get; init; }

        public bool Suspended { get; init; }

        public string? Reason { get; init; }

        public DateTimeOffset? ChangedAt { get; init; }
    }
}
