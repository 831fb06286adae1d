using System.Net;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class ExchangeApiKey
{
    private static readonly TimeSpan LastUsedPrecision = TimeSpan.FromMinutes(1);

    public sealed record Request
    {
        public required string Key { get; init; }

        /// <summary>The IP address that uses the key.</summary>
        public string? Address { get; init; }
    }

    /// <param name="ExpiresIn">Seconds. A token expires with its key at the latest.</param>
    /// <param name="AllowedNetworks">CIDRs that the key, and so the token, may be used from; null allows any. The gateway checks them at each use.</param>
    public sealed record Response(string AccessToken, int ExpiresIn, IReadOnlyList<string>? AllowedNetworks);

    /// <summary>
    /// For the gateway. 404, without the reason, for a key that is unknown, expired or revoked, or whose creator left the workspace or is
    /// suspended. A key that exists has <c>exists</c>: it may become valid again, so the gateway doesn't remember its refusal.
    /// </summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, Database database, AccessTokens accessTokens, IdentityMetrics metrics, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!body.Key.StartsWith(ApiKeyHash.Prefix, StringComparison.Ordinal))
        {
            return Refused(exists: false);
        }

        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(cancellationToken);
        var key = await connection.QuerySingleOrDefaultAsync<Row>(
            """
            -- every workspace: the key identifies its own
            select k.id, k.workspace_id, k.user_id, k.scopes, k.allowed_networks, k.expires_at, k.last_used_at, m.role, w.plan, w.api_limit_factor, u.locale,
                   w.deletion_scheduled_at is not null as read_only,
                   k.revoked_at is not null or exists (select from user_suspensions s where s.user_id = k.user_id) as is_disabled
            from api_keys k
            left join members m on m.workspace_id = k.workspace_id and m.user_id = k.user_id
            join workspaces w on w.id = k.workspace_id
            join users u on u.id = k.user_id
            where k.key_hash = @KeyHash
            """,
            new { KeyHash = ApiKeyHash.Of(body.Key) }, cancellationToken);
        // With less than a second left, the token would have expired already.
        if (key is not { IsDisabled: false, Role: { } role } || key.ExpiresAt < now.AddSeconds(1))
        {
            return Refused(exists: key is not null);
        }

        // A refusal at the gateway doesn't count as a use of the key.
        var isAllowed = AllowedNetworks.Contain(key.AllowedNetworks, IPAddress.TryParse(body.Address, out var address) ? address : null);
        if (isAllowed && (key.LastUsedAt is null || now - key.LastUsedAt >= LastUsedPrecision))
        {
            await connection.ExecuteAsync(
                """
                update api_keys set last_used_at = @now
                where id = @Id and workspace_id = @WorkspaceId and (last_used_at is null or last_used_at <= @Before)
                """,
                new { key.Id, key.WorkspaceId, now, Before = now - LastUsedPrecision }, cancellationToken);
        }

        var member = new Membership(key.UserId, key.WorkspaceId, role, key.Plan, key.Locale, key.ReadOnly, ApiLimitFactor: key.ApiLimitFactor);
        var token = await accessTokens.IssueForApiKeyAsync(member, key.Scopes, key.Id, key.ExpiresAt, cancellationToken);
        metrics.Exchanged("issued");
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(new Response(token.Value, token.ExpiresIn, key.AllowedNetworks));

        ProblemHttpResult Refused(bool exists)
        {
            metrics.Exchanged("refused");
            return Problems.NotFound.Result(IdentityTexts.Of("apiKeys.invalid"), ("exists", exists));
        }
    }

    private sealed record Row
    {
        public Guid Id { get; init; }

        public Guid WorkspaceId { get; init; }

        public Guid UserId { get; init; }

        public required string[] Scopes { get; init; }

        public string[]? AllowedNetworks { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }

        /// <summary>Null when the creator is no longer a member.</summary>
        public string? Role { get; init; }

        public required string Plan { get; init; }

        public int ApiLimitFactor { get; init; }

        public required string Locale { get; init; }

        public bool ReadOnly { get; init; }

        public bool IsDisabled { get; init; }
    }
}
