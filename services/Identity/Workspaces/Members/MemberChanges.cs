using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Workspaces.Members;

/// <summary>
/// Changes of a workspace's members and their roles, with everything that follows: tokens, keys, open invitations, events, audit log, emails.
/// Call it with the workspace locked (<see cref="WorkspaceAccess.LockAsync(UnitOfWork, Guid, CancellationToken)"/>), so that of two owners
/// who leave concurrently the second is refused as the last one.
/// </summary>
public sealed class MemberChanges(Revocations revocations, SecurityNotices notices, AuditTrail audit, TimeProvider time)
{
    /// <summary>
    /// Makes the users' refreshes wait, before the workspace is locked: a refresh in progress issues its token before the
    /// revocation, and a later one reads the change. Otherwise a token with the old role could be issued in between.
    /// </summary>
    /// <param name="userId">The user whose sessions are locked; null for all members.</param>
    public static Task LockSessionsAsync(UnitOfWork work, Guid workspaceId, Guid caller, Guid? userId, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            """
            -- every workspace: a session that is being switched to this one is still in another
            select from sessions
            where user_id in (select user_id from members where workspace_id = @workspaceId and (@userId::uuid is null or user_id in (@userId, @caller)))
                -- A stranger must not be able to block members.
                and exists (select from members where workspace_id = @workspaceId and user_id = @caller)
            order by id
            for update
            """,
            new { workspaceId, caller, userId }, cancellationToken);
    }

    /// <summary>For invitations and single sign-on.</summary>
    /// <returns>False for a member, whose role doesn't change.</returns>
    public async Task<bool> JoinAsync(UnitOfWork work, Guid workspaceId, Guid userId, string role, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var joined = await work.ExecuteAsync(
            "insert into members (workspace_id, user_id, role, joined_at) values (@workspaceId, @userId, @role, @now) on conflict do nothing",
            new { workspaceId, userId, role, now }, cancellationToken) == 1;
        if (joined)
        {
            work.Publish(new MemberJoined(workspaceId, userId, role, now));
            work.Publish(audit.Entry("member.joined", "member", userId, after: new { role }, workspace: workspaceId, actor: userId));
        }

        return joined;
    }

    /// <summary>Whether the workspace has another owner.</summary>
    public static Task<bool> HasOtherOwnerAsync(UnitOfWork work, Guid workspaceId, Guid userId, CancellationToken cancellationToken)
    {
        return work.ExecuteScalarAsync<bool>(
            "select exists (select from members where workspace_id = @workspaceId and role = 'owner' and user_id <> @userId)",
            new { workspaceId, userId }, cancellationToken);
    }

    public static Task<string?> RoleOfAsync(UnitOfWork work, Guid workspaceId, Guid userId, CancellationToken cancellationToken)
    {
        return work.ExecuteScalarAsync<string?>(
            "select role from members where workspace_id = @workspaceId and user_id = @userId",
            new { workspaceId, userId }, cancellationToken);
    }

    public async Task ChangeRoleAsync(
        UnitOfWork work, EnteredWorkspace workspace, Guid userId, string before, string after, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            "update members set role = @after where workspace_id = @Id and user_id = @userId",
            new { workspace.Id, userId, after }, cancellationToken);
        if (Permissions.RoleOf(after) < Role.Admin)
        {
            await WithdrawInvitationsAsync(work, workspace.Id, userId, cancellationToken);
        }

        await revocations.RevokeAsync(work, RevocationKinds.Member, Revocations.MemberSubject(userId, workspace.Id), cancellationToken);
        work.Publish(new MemberRoleChanged(workspace.Id, userId, after, time.GetUtcNow()));
        work.Publish(audit.Entry("member.roleChanged", "member", userId, new { role = before }, new { role = after }, workspace.Id));
        var kind = after == Permissions.NameOf(Role.Owner) ? SecurityNoticeKinds.OwnershipReceived : SecurityNoticeKinds.MemberRoleChanged;
        await notices.RaiseAsync(work, userId, kind, workspace.Name, after, cancellationToken: cancellationToken);
    }

    /// <summary>Moves the user's sessions to their own workspace, and revokes their API keys.</summary>
    public async Task RemoveAsync(UnitOfWork work, EnteredWorkspace workspace, Guid userId, string role, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var keys = await work.QueryAsync<(Guid Id, string Hash)>(
            """
            update api_keys set revoked_at = @now
            where workspace_id = @Id and user_id = @userId and revoked_at is null
            returning id, key_hash
            """,
            new { workspace.Id, userId, now }, cancellationToken);
        foreach (var (id, hash) in keys)
        {
            work.Publish(new ApiKeyRevoked(id, workspace.Id, hash, now));
            await revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken);
        }

        await WithdrawInvitationsAsync(work, workspace.Id, userId, cancellationToken);
        await work.ExecuteAsync(
            """
            delete from members where workspace_id = @Id and user_id = @userId;
            update sessions set workspace_id = (select id from workspaces where personal_of = @userId)
            where workspace_id = @Id and user_id = @userId;
            """,
            new { workspace.Id, userId }, cancellationToken);
        await revocations.RevokeAsync(work, RevocationKinds.Member, Revocations.MemberSubject(userId, workspace.Id), cancellationToken);
        work.Publish(new MemberLeft(workspace.Id, userId, now));
        var left = userId == workspace.UserId;
        work.Publish(audit.Entry(left ? "member.left" : "member.removed", "member", userId, new { role }, workspace: workspace.Id));
        if (!left)
        {
            await notices.RaiseAsync(work, userId, SecurityNoticeKinds.MemberRemoved, workspace.Name, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Otherwise a removed admin could return through their own invitation.</summary>
    private static Task<int> WithdrawInvitationsAsync(UnitOfWork work, Guid workspaceId, Guid userId, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            "delete from invitations where workspace_id = @workspaceId and invited_by = @userId",
            new { workspaceId, userId }, cancellationToken);
}
