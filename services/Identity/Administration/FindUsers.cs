using System.ComponentModel;
using LinkShort.Contracts;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.Administration;

/// <summary>GET /api/v1/admin/users and /api/v1/admin/users/{id}</summary>
public static class FindUsers
{
    /// <param name="Suspended">By an operator.</param>
    public sealed record Found(Guid Id, string Email, bool EmailVerified, string? Name, bool Suspended, DateTimeOffset CreatedAt);

    /// <param name="Operator">The verified address is one of Admin__Emails.</param>
    /// <param name="Sessions">Active ones.</param>
    /// <param name="ApiKeys">Valid ones.</param>
    /// <param name="LastUsedAt">When any of the sessions was last refreshed.</param>
    /// <param name="ViewAllowedUntil">When the user's consent to support access expires; null without a consent.</param>
    /// <param name="Workspaces">The first hundred, oldest first.</param>
    public sealed record Details(
        Guid Id, string Email, bool EmailVerified, string? Name, string Locale, DateTimeOffset CreatedAt, bool Operator, Suspension? Suspension,
        Factors TwoFactor, int Sessions, int ApiKeys, DateTimeOffset? LastUsedAt, DateTimeOffset? ViewAllowedUntil, IReadOnlyList<Place> Workspaces);

    public sealed record Suspension(string Reason, Guid By, DateTimeOffset At);

    public sealed record Factors(bool Authenticator, int Passkeys);

    public sealed record Place(Guid Id, string Name, string Plan, string Role, bool Personal, bool Suspended);

    public static async Task<Results<Ok<Page<Found>>, ProblemHttpResult>> ListAsync(
        [Description("An id, or part of an email address or name.")] string? search,
        [Description("true: only suspended users. false: only users that aren't suspended.")] bool? suspended,
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

        // Three statements: a common one would be planned for the slowest case.
        var condition = Guid.TryParse(search?.Trim(), out var id) ? "u.id = @id"
            : pattern is not null ? "(u.normalized_email like @pattern or lower(u.name) like @pattern)"
            : "true";
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<Found>(
            $"""
            select u.id, u.email, u.email_confirmed as email_verified, u.name, x.user_id is not null as suspended, u.created_at
            from users u left join user_suspensions x on x.user_id = u.id
            where {condition} and (@suspended::boolean is null or (x.user_id is not null) = @suspended) and (@After::uuid is null or u.id < @After)
            order by u.id desc limit @Rows
            """,
            new { id, pattern, suspended, After = after?.Id, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }

    public static async Task<Results<Ok<Details>, ProblemHttpResult>> GetAsync(
        Guid id, Operators operators, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await ReadAsync(connection, id, operators, time, cancellationToken) is { } details ? TypedResults.Ok(details) : Problems.NotFound.Result();
    }

    internal static async Task<Details?> ReadAsync(
        NpgsqlConnection connection, Guid id, Operators operators, TimeProvider time, CancellationToken cancellationToken)
    {
        // every workspace: an operator's query about a user
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            """
            select u.id, u.email, u.normalized_email, u.email_confirmed, u.name, u.locale, u.created_at,
                   x.reason, x.suspended_by, x.suspended_at,
                   (select count(*)::int from sessions s where s.user_id = u.id and s.revoked_at is null and s.expires_at > @Now) as sessions,
                   (select count(*)::int from api_keys k where k.user_id = u.id and k.revoked_at is null and coalesce(k.expires_at > @Now, true)) as api_keys,
                   (select max(s.last_used_at) from sessions s where s.user_id = u.id) as last_used_at,
                   (select c.expires_at from support_consents c where c.user_id = u.id and c.expires_at > @Now) as view_allowed_until
            from users u left join user_suspensions x on x.user_id = u.id
            where u.id = @id
            """,
            new { id, Now = time.GetUtcNow() }, cancellationToken);
        if (row is null)
        {
            return null;
        }

        var factors = await SecondFactors.OfAsync(connection, id, cancellationToken);
        // every workspace: those of the user
        var places = await connection.QueryAsync<Place>(
            """
            select w.id, w.name, w.plan, m.role, coalesce(w.personal_of = m.user_id, false) as personal, x.suspended is true as suspended
            from members m join workspaces w on w.id = m.workspace_id left join workspace_suspensions x on x.workspace_id = w.id
            where m.user_id = @id order by w.id limit 100
            """,
            new { id }, cancellationToken);
        return new Details(
            row.Id, row.Email, row.EmailConfirmed, row.Name, row.Locale, row.CreatedAt, row.EmailConfirmed && operators.Include(row.NormalizedEmail),
            row.SuspendedAt is { } at ? new Suspension(row.Reason!, row.SuspendedBy!.Value, at) : null,
            new Factors(factors.AuthenticatorEnabledAt is not null, factors.Passkeys),
            row.Sessions, row.ApiKeys, row.LastUsedAt, row.ViewAllowedUntil, places);
    }

    private sealed record Row
    {
        public Guid Id { get; init; }

        public required string Email { get; init; }

        public required string NormalizedEmail { get; init; }

        public bool EmailConfirmed { get; init; }

        public string? Name { get; init; }

        public required string Locale { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public string? Reason { get; init; }

        public Guid? SuspendedBy { get; init; }

        public DateTimeOffset? SuspendedAt { get; init; }

        public int Sessions { get; init; }

        public int ApiKeys { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }

        public DateTimeOffset? ViewAllowedUntil { get; init; }
    }
}
