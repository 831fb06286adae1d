using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Accounts.PasswordChange;

/// <summary>Sets a new password, with everything that follows from it: sessions, open links, audit entry and notice.</summary>
public sealed class PasswordChanges(UserSessions sessions, Revocations revocations, AuditTrail audit, SecurityNotices notices, TimeProvider time)
{
    /// <summary>By the signed-in owner.</summary>
    /// <param name="keepSession">The caller's session; all others end.</param>
    public async Task ChangeAsync(UnitOfWork work, Guid userId, string passwordHash, Guid? keepSession, CancellationToken cancellationToken)
    {
        await WriteAsync(work, userId, passwordHash, provesAddress: false, cancellationToken);
        await EndSessionsAsync(work, userId, keepSession, cancellationToken);
        work.Publish(audit.Entry("password.changed", "user", userId));
        await notices.RaiseAsync(work, userId, SecurityNoticeKinds.PasswordChanged, cancellationToken: cancellationToken);
    }

    /// <summary>By the link in an email, which also verifies the address. Ends every session.</summary>
    public async Task ResetAsync(UnitOfWork work, Guid userId, string passwordHash, CancellationToken cancellationToken)
    {
        var wasConfirmed = await work.QuerySingleAsync<bool>(
            "select email_confirmed from users where id = @userId for update", new { userId }, cancellationToken);
        await WriteAsync(work, userId, passwordHash, provesAddress: true, cancellationToken);
        await EndSessionsAsync(work, userId, keepSession: null, cancellationToken);
        if (!wasConfirmed)
        {
            await RemoveUnverifiedAccessAsync(work, userId, cancellationToken);
        }

        work.Publish(audit.Entry("password.reset", "user", userId, actor: userId));
        await notices.RaiseAsync(work, userId, SecurityNoticeKinds.PasswordChanged, cancellationToken: cancellationToken);
    }

    private Task<int> WriteAsync(UnitOfWork work, Guid userId, string passwordHash, bool provesAddress, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            """
            update users set
                password_hash = @passwordHash, email_confirmed = email_confirmed or @provesAddress,
                -- Also ends sign-ins that wait for a second factor, and forgets trusted devices.
                security_stamp = gen_random_uuid()::text, concurrency_stamp = gen_random_uuid()::text,
                updated_at = @Now, version = version + 1
            where id = @userId;
            -- Links in other emails, and an address change that someone else may have requested.
            update password_resets set used_at = @Now where user_id = @userId and used_at is null;
            update email_changes set ended_at = @Now where user_id = @userId and ended_at is null;
            """,
            new { userId, passwordHash, provesAddress, Now = time.GetUtcNow() }, cancellationToken);

    private async Task EndSessionsAsync(UnitOfWork work, Guid userId, Guid? keepSession, CancellationToken cancellationToken)
    {
        await sessions.EndAllAsync(work, userId, keepSession, cancellationToken);
        if (keepSession is null)
        {
            await revocations.RevokeAsync(work, RevocationKinds.User, userId.ToString(), cancellationToken);
        }
    }

    /// <summary>
    /// The account was created before its address was verified, possibly by an attacker. Now that the owner has verified it, removes
    /// everything that would give the creator access: https://arxiv.org/abs/2205.10174 (account pre-hijacking).
    /// </summary>
    private async Task RemoveUnverifiedAccessAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await work.ExecuteAsync(
            """
            delete from authenticators where user_id = @userId;
            delete from recovery_codes where user_id = @userId;
            delete from passkeys where user_id = @userId;
            delete from known_origins where user_id = @userId;
            """,
            new { userId }, cancellationToken);
        // every workspace: all API keys of the user
        var keys = await work.QueryAsync<(Guid Id, Guid WorkspaceId, string Hash)>(
            "update api_keys set revoked_at = @now where user_id = @userId and revoked_at is null returning id, workspace_id, key_hash",
            new { userId, now }, cancellationToken);
        foreach (var (id, workspaceId, hash) in keys)
        {
            work.Publish(new ApiKeyRevoked(id, workspaceId, hash, now));
            await revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken);
        }
    }
}
