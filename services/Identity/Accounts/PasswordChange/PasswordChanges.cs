using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Accounts.PasswordChange;

/// <summary>What happens to an account when its password becomes another one, however that came.</summary>
public sealed class PasswordChanges(UserSessions sessions, Revocations revocations, TimeProvider time)
{
    /// <param name="keepSession">The session that goes on; null ends all of them.</param>
    /// <param name="provesAddress">It was done with a mail's link: the address is verified by that.</param>
    public async Task ApplyAsync(
        UnitOfWork work, Guid userId, string passwordHash, Guid? keepSession, bool provesAddress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        var now = time.GetUtcNow();
        var wasConfirmed = await work.QuerySingleAsync<bool>(
            "select email_confirmed from users where id = @userId for update", new { userId }, cancellationToken);
        await work.ExecuteAsync(
            """
            update users set
                password_hash = @passwordHash, email_confirmed = email_confirmed or @provesAddress,
                -- Also ends sign-ins that wait for a second factor, and forgets the browsers that are excused from it.
                security_stamp = gen_random_uuid()::text, concurrency_stamp = gen_random_uuid()::text,
                updated_at = @now, version = version + 1
            where id = @userId;
            -- Other links in other mails, and an address change that somebody else may have begun.
            update password_resets set used_at = @now where user_id = @userId and used_at is null;
            update email_changes set ended_at = @now where user_id = @userId and ended_at is null;
            """,
            new { userId, passwordHash, provesAddress, now }, cancellationToken);
        await sessions.EndAllAsync(work, userId, keepSession, cancellationToken);
        if (keepSession is null)
        {
            await revocations.RevokeAsync(work, RevocationKinds.User, userId.ToString(), cancellationToken);
        }

        if (provesAddress && !wasConfirmed)
        {
            await RemoveUnverifiedAccessAsync(work, userId, now, cancellationToken);
        }
    }

    /// <summary>
    /// Whoever opened the account never showed that the address is theirs; now somebody has. What the first one may have left behind to
    /// come back with goes: https://arxiv.org/abs/2205.10174 (account pre-hijacking).
    /// </summary>
    private async Task RemoveUnverifiedAccessAsync(UnitOfWork work, Guid userId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            """
            delete from authenticators where user_id = @userId;
            delete from recovery_codes where user_id = @userId;
            delete from passkeys where user_id = @userId;
            delete from known_origins where user_id = @userId;
            """,
            new { userId }, cancellationToken);
        // every workspace: all keys of the person
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
