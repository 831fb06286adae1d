using LinkShort.Contracts;
using LinkShort.Identity.AuditLog;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Privacy.Erasure;

/// <summary>Erases what identity stores about an account, and the workspaces that have no other members.</summary>
public sealed class AccountDataErasure(
    WorkspaceErasure workspaces, AuditErasure auditErasure, AuditChains chains, PersonalDataErasure personalData, Revocations revocations, TimeProvider time)
{
    /// <returns>The erased workspaces, and the number of erased rows by table.</returns>
    public async Task<(IReadOnlyList<Guid> Workspaces, IReadOnlyList<ErasedRows> Counts)> EraseAsync(
        UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        var own = await LeaveWorkspacesAsync(work, userId, cancellationToken);
        // In the workspaces of others; those in the user's own are erased with the workspace.
        // every workspace: a user's keys, wherever they are
        var keys = await work.QueryAsync<(Guid Id, Guid WorkspaceId, string Hash)>(
            "select id, workspace_id, key_hash from api_keys where user_id = @userId and revoked_at is null",
            new { userId }, cancellationToken);
        var now = time.GetUtcNow();
        foreach (var key in keys)
        {
            work.Publish(new ApiKeyRevoked(key.Id, key.WorkspaceId, key.Hash, now));
        }

        await revocations.RevokeAsync(work, RevocationKinds.User, userId.ToString(), cancellationToken);
        foreach (var workspace in own)
        {
            await workspaces.EraseAsync(work, workspace, cancellationToken);
        }

        var entries = await auditErasure.EraseAsync(work, userId, cancellationToken);
        var counts = await personalData.EraseAsync(work, new Forgotten(userId, own), cancellationToken);
        await chains.AppendAsync(work, new AuditRecorded(
            Guid.CreateVersion7(now), null, "system", null, null, "account.erased", "user", userId.ToString(), null, null, null, null, null, now), cancellationToken);
        return (own, [new ErasedRows("workspaces", own.Count), new ErasedRows("audit_log", entries), .. counts]);
    }

    /// <summary>
    /// Workspaces without other members are erased with the account. In others whose only owner is erased, the member with the highest role,
    /// and of several the one who joined first, becomes the owner.
    /// </summary>
    private static Task<IReadOnlyList<Guid>> LeaveWorkspacesAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken) =>
        work.QueryAsync<Guid>(
            """
            -- every workspace: those of the user
            with heirs as (
                select distinct on (o.workspace_id) o.workspace_id, o.user_id
                from members m join members o on o.workspace_id = m.workspace_id and o.user_id <> m.user_id
                where m.user_id = @userId and m.role = 'owner'
                    and not exists (select from members x where x.workspace_id = m.workspace_id and x.role = 'owner' and x.user_id <> m.user_id)
                order by o.workspace_id, array_position(array['admin', 'member', 'viewer'], o.role), o.joined_at
            )
            update members m set role = 'owner' from heirs h where m.workspace_id = h.workspace_id and m.user_id = h.user_id;
            update workspaces w set personal_of = null
            where personal_of = @userId and exists (select from members o where o.workspace_id = w.id and o.user_id <> @userId);
            select m.workspace_id from members m
            where m.user_id = @userId and not exists (select from members o where o.workspace_id = m.workspace_id and o.user_id <> m.user_id)
            """,
            new { userId }, cancellationToken);
}
