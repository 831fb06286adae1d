using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.AuditLog;

/// <summary>
/// Removes a user's details from entries: before and after, network and user agent. Actor, action and target remain as ids, which can't
/// be traced to a user any more. Each chain gets an entry about it, without which verification would report the missing details.
/// </summary>
public sealed class AuditErasure(AuditChains chains, TimeProvider time)
{
    public const string Action = "person.erased";

    /// <summary>The users whose details a row contains: actor and target.</summary>
    public static Guid[] PeopleOf(AuditRow row)
    {
        return [.. ((Guid?[])[row.ActorId, Guid.TryParse(row.TargetId, out var target) ? target : null]).OfType<Guid>()];
    }

    /// <returns>The number of changed entries.</returns>
    public async Task<int> EraseAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        // every workspace: a user may have entries in each that they were a member of
        var touched = await work.QueryAsync<(Guid Chain, Guid? WorkspaceId)>(
            """
            select distinct chain, workspace_id from audit_log
            where not details_erased and (actor_id = @userId or target_id = @userId::text)
            order by chain
            """,
            new { userId }, cancellationToken);
        var count = 0;
        foreach (var (chain, workspaceId) in touched)
        {
            // The head first, as appends do, so that no entry of this user can follow the entry about the erasure.
            await work.ExecuteAsync(
                "select from audit_chains where chain = @chain for update; select set_config('linkshort.audit_log', 'erasure', true)",
                new { chain }, cancellationToken);
            // every workspace: the chain is one workspace's, or the user's own
            count += await work.ExecuteAsync(
                """
                update audit_log set before = null, after = null, network = null, user_agent = null, salt = null, details_erased = true
                where chain = @chain and not details_erased and (actor_id = @userId or target_id = @userId::text)
                """,
                new { chain, userId }, cancellationToken);
            await work.ExecuteAsync(
                "select set_config('linkshort.audit_log', '', true)", null, cancellationToken);
            var now = time.GetUtcNow();
            await chains.AppendAsync(work, new AuditRecorded(
                Guid.CreateVersion7(now), workspaceId, "system", null, null, Action, "user", userId.ToString(), null, null, null, null, null, now), cancellationToken);
        }

        return count;
    }
}
