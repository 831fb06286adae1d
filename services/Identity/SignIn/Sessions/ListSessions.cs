using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Sessions;

public static class ListSessions
{
    /// <summary>An active session.</summary>
    public sealed record SessionResponse
    {
        public required Guid Id { get; init; }

        /// <summary>Whether it is the caller's.</summary>
        public required bool Current { get; init; }

        public required Guid WorkspaceId { get; init; }

        /// <summary>How the user proved their identity: pwd, otp, pop (passkey), sso.</summary>
        public required string[] Methods { get; init; }

        /// <summary>With sso: the name of the provider, or of its workspace.</summary>
        public string? SsoProvider { get; init; }

        /// <summary>Such as <c>Firefox</c>.</summary>
        public string? Browser { get; init; }

        public string? Os { get; init; }

        /// <summary><c>desktop</c>, <c>mobile</c>, …</summary>
        public string? Device { get; init; }

        /// <summary>The network it was started in: IPv4 /24 or IPv6 /48. IP addresses aren't stored.</summary>
        public string? Network { get; init; }

        /// <summary>ISO 3166-1 alpha-2, from DB-IP's data.</summary>
        public string? Country { get; init; }

        public string? City { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }

        /// <summary>Accurate to the lifetime of an access token.</summary>
        public required DateTimeOffset LastUsedAt { get; init; }

        public required DateTimeOffset ExpiresAt { get; init; }
    }

    /// <summary>Lists the user's sessions in every workspace, newest first.</summary>
    public static async Task<Results<Ok<Page<SessionResponse>>, ProblemHttpResult>> HandleAsync(
        int? limit, string? cursor, CurrentUser user, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<IdCursor>(limit, cursor, out var size, out var after) is { } refusal)
        {
            return refusal;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<SessionResponse>(
            """
            -- every workspace: a user's sessions are theirs in all of them
            select s.id, coalesce(s.id = @SessionId, false) as current, s.workspace_id, s.methods,
                coalesce((select w.name from workspaces w where w.id::text = s.sso_provider), s.sso_provider) as sso_provider, s.browser, s.os, s.device, s.network,
                s.country, s.city, s.created_at, s.last_used_at, s.expires_at
            from sessions s
            where s.user_id = @UserId and s.revoked_at is null and s.expires_at > @Now and (@After::uuid is null or s.id < @After)
                and exists (select from refresh_tokens t where t.session_id = s.id and t.used_at is null and t.expires_at > @Now)
            order by s.id desc
            limit @Rows
            """,
            new { UserId = user.Id, user.SessionId, Now = time.GetUtcNow(), After = after?.Id, Rows = size + 1 },
            cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }
}
