using LinkShort.Contracts;
using LinkShort.Identity.Administration.SupportAccess;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration.Suspensions;

/// <summary>Suspended users. Their workspaces and links are not affected; those are suspended separately.</summary>
public sealed class AccountSuspensions(
    Operators operators, UserSessions sessions, AccountViews views, Revocations revocations, SecurityNotices notices, OperatorLog log, TimeProvider time)
{
    /// <summary>
    /// Called by sign-ins after the proof. Locks the account until the transaction ends: a concurrent suspension either is seen here, or ends
    /// the new session.
    /// </summary>
    /// <returns>The refusal; null if the user isn't suspended.</returns>
    public static async Task<ProblemHttpResult?> RefusalAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            "select from users where id = @userId for share", new { userId }, cancellationToken);
        // A separate statement, because the one that locks sees the state before its wait.
        return await work.ExecuteScalarAsync<bool>(
            "select exists (select from user_suspensions where user_id = @userId)", new { userId }, cancellationToken)
            ? Problems.AccountSuspended.Result()
            : null;
    }

    /// <summary>Suspending a suspended user only changes the reason.</summary>
    public async Task<ProblemHttpResult?> SuspendAsync(UnitOfWork work, Guid operatorId, Guid userId, string reason, CancellationToken cancellationToken)
    {
        if (operatorId == userId)
        {
            return Problems.OperatorProtected.Result(IdentityTexts.Of("administration.notYourself"));
        }

        // All operators, always in the same order: of two who suspend each other concurrently, the second sees the first suspension.
        await work.ExecuteAsync(
            "select from users where normalized_email = any(@Emails) or id = @userId order by id for update",
            new { Emails = operators.Emails.ToArray(), userId }, cancellationToken);
        var person = await work.QuerySingleOrDefaultAsync<Person>(
            """
            select u.normalized_email, u.email_confirmed, w.id as own_workspace, x.reason
            from users u join workspaces w on w.personal_of = u.id left join user_suspensions x on x.user_id = u.id
            where u.id = @userId
            """,
            new { userId }, cancellationToken);
        if (person is null)
        {
            return Problems.NotFound.Result();
        }

        if (person.EmailConfirmed && operators.Include(person.NormalizedEmail) && !await OthersRemainAsync(work, userId, cancellationToken))
        {
            return Problems.OperatorProtected.Result(IdentityTexts.Of("administration.lastOperator"));
        }

        // The caller may have been suspended while this transaction waited.
        if (await work.ExecuteScalarAsync<bool>(
            "select exists (select from user_suspensions where user_id = @operatorId)", new { operatorId }, cancellationToken))
        {
            return Problems.AccountSuspended.Result();
        }

        await work.ExecuteAsync(
            """
            insert into user_suspensions (user_id, reason, suspended_by, suspended_at) values (@userId, @reason, @operatorId, @Now)
            on conflict (user_id) do update set reason = excluded.reason, suspended_by = excluded.suspended_by
            """,
            new { userId, reason, operatorId, Now = time.GetUtcNow() }, cancellationToken);
        await sessions.EndAllAsync(work, userId, except: null, cancellationToken);
        // Also revokes the tokens of API keys, which have no session.
        await revocations.RevokeAsync(work, RevocationKinds.User, userId.ToString(), cancellationToken);
        await views.EndForOperatorAsync(work, userId, cancellationToken);
        await views.EndForUserAsync(work, userId, cancellationToken);
        log.Record(work, "user.suspended", "user", userId, before: person.Reason is null ? null : new { person.Reason }, after: new { reason }, concerned: person.OwnWorkspace);
        if (person.Reason is null)
        {
            await notices.RaiseAsync(work, userId, SecurityNoticeKinds.AccountSuspended, byOperator: true, cancellationToken: cancellationToken);
        }

        return null;
    }

    /// <returns>The refusal; null when done.</returns>
    public async Task<ProblemHttpResult?> RestoreAsync(UnitOfWork work, Guid userId, string reason, CancellationToken cancellationToken)
    {
        var was = await work.QuerySingleOrDefaultAsync<string?>(
            "delete from user_suspensions where user_id = @userId returning reason", new { userId }, cancellationToken);
        if (was is null)
        {
            return Problems.NotFound.Result(IdentityTexts.Of("administration.userNotSuspended"));
        }

        var own = await work.ExecuteScalarAsync<Guid?>(
            "select id from workspaces where personal_of = @userId", new { userId }, cancellationToken);
        log.Record(work, "user.restored", "user", userId, before: new { Reason = was }, after: new { reason }, concerned: own);
        await notices.RaiseAsync(work, userId, SecurityNoticeKinds.AccountRestored, byOperator: true, cancellationToken: cancellationToken);
        return null;
    }

    private async Task<bool> OthersRemainAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken) =>
        await work.ExecuteScalarAsync<bool>(
            """
            select exists (
                select from users u where u.normalized_email = any(@Emails) and u.email_confirmed and u.id <> @userId
                    and not exists (select from user_suspensions x where x.user_id = u.id))
            """,
            new { Emails = operators.Emails.ToArray(), userId }, cancellationToken);

    private sealed record Person(string NormalizedEmail, bool EmailConfirmed, Guid OwnWorkspace, string? Reason);
}
