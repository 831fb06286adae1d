using LinkShort.Identity.Plans;
using LinkShort.Identity.Sso;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <summary>An invitation that can be accepted.</summary>
/// <param name="Email">The invited address. The token was sent there.</param>
public sealed record OpenInvitation(Guid Id, Guid WorkspaceId, string Role, string Email, string NormalizedEmail);

/// <summary>Accepts invitations, for new and for existing accounts.</summary>
public sealed class OpenInvitations(MemberChanges members, SsoRequirement ssoRequirement, AuditTrail audit, TimeProvider time)
{
    /// <summary>Locks the invitation's workspace, as every change of members does, so that one of two concurrent acceptances wins.</summary>
    /// <param name="hash">Of the emailed token.</param>
    /// <returns>Null for an unknown, used, expired or replaced token, and when the workspace is scheduled for deletion.</returns>
    public async Task<OpenInvitation?> LockAsync(UnitOfWork work, byte[] hash, CancellationToken cancellationToken)
    {
        var workspaceId = await work.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the token is the proof, and identifies the workspace
            select workspace_id from invitations where token_hash = @hash
            """,
            new { hash }, cancellationToken);
        if (workspaceId is not { } id || !await WorkspaceAccess.LockAsync(work, id, cancellationToken))
        {
            return null;
        }

        return await work.QuerySingleOrDefaultAsync<OpenInvitation>(
            """
            select i.id, i.workspace_id, i.role, i.email, i.normalized_email
            from invitations i join workspaces w on w.id = i.workspace_id
            where i.workspace_id = @id and i.token_hash = @hash and i.expires_at > @Now and w.deletion_scheduled_at is null
            """,
            new { id, hash, Now = time.GetUtcNow() }, cancellationToken);
    }

    /// <summary>Uses the invitation up and makes its recipient a member. Call it with the invitation locked, for the account with its address.</summary>
    /// <param name="sessionId">Null for an account that is being created.</param>
    /// <returns>The refusal of a workspace that requires single sign-on or is full; null once the user is a member.</returns>
    public async Task<ProblemHttpResult?> AcceptAsync(
        UnitOfWork work, OpenInvitation invitation, Guid userId, Guid? sessionId, CancellationToken cancellationToken)
    {
        if ((await ssoRequirement.CheckBeforeJoiningAsync(work, invitation.WorkspaceId, userId, sessionId, cancellationToken)
            ?? await MemberLimit.CheckJoiningAsync(work, invitation.WorkspaceId, cancellationToken)) is { } refusal)
        {
            return refusal;
        }

        await work.ExecuteAsync(
            "delete from invitations where workspace_id = @WorkspaceId and id = @Id",
            new { invitation.WorkspaceId, invitation.Id }, cancellationToken);
        await members.JoinAsync(work, invitation.WorkspaceId, userId, invitation.Role, cancellationToken);
        work.Publish(audit.Entry(
            "invitation.accepted", "invitation", invitation.Id, after: new { invitation.Role }, workspace: invitation.WorkspaceId, actor: userId));
        await VerifyAsync(work, userId, cancellationToken);
        return null;
    }

    /// <summary>The token came by email to the account's address, as the one that verifies it would.</summary>
    private async Task VerifyAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        var verified = await work.ExecuteAsync(
            """
            update users set email_confirmed = true, updated_at = @Now, version = version + 1, concurrency_stamp = gen_random_uuid()::text
            where id = @userId and not email_confirmed
            """,
            new { userId, Now = time.GetUtcNow() }, cancellationToken);
        if (verified > 0)
        {
            work.Publish(audit.Entry("email.verified", "user", userId, actor: userId));
        }
    }
}
