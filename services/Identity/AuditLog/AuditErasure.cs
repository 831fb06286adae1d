using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.AuditLog;

/// <summary>
/// Forgets what entries tell about a person: before and after, network and user agent. Who did what to what stays, under ids that
/// lead to nobody any more. Each chain gets an entry that says so, without which the missing details would count as damage.
/// </summary>
public sealed class AuditErasure(AuditChains chains, TimeProvider time)
{
    public const string Action = "person.erased";

    /// <summary>Whose details a row holds: of the one who did it, and of the one to whom it was done.</summary>
    public static Guid[] PeopleOf(AuditRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return [.. ((Guid?[])[row.ActorId, Guid.TryParse(row.TargetId, out var target) ? target : null]).OfType<Guid>()];
    }

    /// <returns>How many entries have forgotten something.</returns>
    public async Task<int> EraseAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        // every workspace: a person may have done something in each that they were a member of
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
            // The head first, as whoever appends does; then nothing of this person can come in behind the entry about it.
            await work.ExecuteAsync(
                "select from audit_chains where chain = @chain for update; select set_config('linkshort.audit_log', 'erasure', true)",
                new { chain }, cancellationToken);
            // every workspace: the chain is one workspace's, or the person's own
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
