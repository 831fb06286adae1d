using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TrustedDevices;

public static class ListTrustedDevices
{
    public sealed record TrustedDeviceResponse
    {
        public required Guid Id { get; init; }

        /// <summary>Such as <c>Firefox, Linux</c>; null if unknown.</summary>
        public string? Name { get; init; }

        /// <summary>The network it was remembered in: IPv4 /24 or IPv6 /48.</summary>
        public string? Network { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }

        public required DateTimeOffset LastUsedAt { get; init; }

        public required DateTimeOffset ExpiresAt { get; init; }
    }

    public static async Task<Results<Ok<Page<TrustedDeviceResponse>>, ProblemHttpResult>> HandleAsync(
        int? limit, string? cursor, CurrentUser user, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<IdCursor>(limit, cursor, out var size, out var after) is { } refusal)
        {
            return refusal;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<TrustedDeviceResponse>(
            """
            select d.id, d.name, d.network, d.created_at, d.last_used_at, d.expires_at
            from trusted_devices d join users u on u.id = d.user_id and u.security_stamp = d.security_stamp
            where d.user_id = @UserId and d.expires_at > @Now and (@After::uuid is null or d.id < @After)
            order by d.id desc
            limit @Rows
            """,
            new { UserId = user.Id, Now = time.GetUtcNow(), After = after?.Id, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }
}
