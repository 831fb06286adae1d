using LinkShort.Contracts;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Identity.Accounts.EmailChange;

public enum EmailChangeOutcome
{
    /// <summary>The secret is unknown, used or expired, or the change was cancelled or replaced.</summary>
    Unknown,

    /// <summary>The other address hasn't confirmed yet.</summary>
    Waiting,

    Changed,

    /// <summary>Another account has taken the new address. The change is cancelled.</summary>
    Taken,
}

/// <summary>
/// Pending address changes. Each of the two addresses confirms with its own secret, and either can cancel. An account has one pending
/// change at a time.
/// </summary>
public sealed class EmailChanges(
    SealedText seal, Revocations revocations, SecurityNotices notices, AuditTrail audit, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <param name="recipient">The account. An unverified old address isn't asked, as it may not be the user's.</param>
    /// <param name="isTaken">Another account has the new address, which gets no secret, so that the change can't complete.</param>
    public async Task BeginAsync(UnitOfWork work, MailRecipient recipient, EmailAddress newEmail, bool isTaken, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var expiresAt = now + options.Value.EmailChangeLifetime;
        OneTimeSecret? oldSecret = recipient.EmailConfirmed ? OneTimeSecret.Create() : null;
        OneTimeSecret? newSecret = isTaken ? null : OneTimeSecret.Create();
        await work.ExecuteAsync(
            """
            update email_changes set ended_at = @now where user_id = @UserId and ended_at is null;
            insert into email_changes (id, user_id, new_email, normalized_email, old_token_hash, new_token_hash, old_confirmed_at, created_at, expires_at)
            values (@id, @UserId, @Value, @Normalized, @OldHash, @NewHash, case when @OldHash::bytea is null then @now end, @now, @expiresAt);
            """,
            new
            {
                id, UserId = recipient.Id, newEmail.Value, newEmail.Normalized, OldHash = oldSecret?.Hash(), NewHash = newSecret?.Hash(), now, expiresAt,
            },
            cancellationToken);
        Request(oldSecret, recipient.Email, toNew: false);
        Request(newSecret, newEmail.Value, toNew: true);
        work.Publish(audit.Entry("email.changeRequested", "user", recipient.Id));

        void Request(OneTimeSecret? secret, string email, bool toNew)
        {
            if (secret is { } value)
            {
                work.Publish(new EmailChangeRequested(
                    id, recipient.Id, email, newEmail.Value, toNew, recipient.Name, recipient.Locale,
                    seal.Seal(value.Value, nameof(EmailChangeRequested)), expiresAt));
            }
        }
    }

    /// <summary>Confirms for one of the addresses. Of two concurrent uses of a secret, the second finds it used.</summary>
    public async Task<EmailChangeOutcome> ConfirmAsync(UnitOfWork work, byte[] hash, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var change = await work.QuerySingleOrDefaultAsync<Change>(
            """
            update email_changes set
                old_confirmed_at = case when old_token_hash = @hash then @now else old_confirmed_at end,
                new_confirmed_at = case when new_token_hash = @hash then @now else new_confirmed_at end
            where ((old_token_hash = @hash and old_confirmed_at is null) or (new_token_hash = @hash and new_confirmed_at is null))
                and ended_at is null and expires_at > @now
            returning id, user_id, new_email, normalized_email, old_confirmed_at is not null and new_confirmed_at is not null as complete
            """,
            new { hash, now }, cancellationToken);
        if (change is null)
        {
            return EmailChangeOutcome.Unknown;
        }

        work.Publish(audit.Entry("email.changeConfirmed", "user", change.UserId, actor: change.UserId));
        return change.Complete ? await CompleteAsync(work, change, now, cancellationToken) : EmailChangeOutcome.Waiting;
    }

    /// <returns>False when the change no longer exists.</returns>
    public async Task<bool> CancelAsync(UnitOfWork work, byte[] hash, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var userId = await work.ExecuteScalarAsync<Guid?>(
            """
            update email_changes set ended_at = @now
            where (old_token_hash = @hash or new_token_hash = @hash) and ended_at is null and expires_at > @now
            returning user_id
            """,
            new { hash, now }, cancellationToken);
        if (userId is { } id)
        {
            work.Publish(audit.Entry("email.changeCancelled", "user", id, actor: id));
        }

        return userId is not null;
    }

    private async Task<EmailChangeOutcome> CompleteAsync(UnitOfWork work, Change change, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // If the address has been taken, only this statement is rolled back.
        await work.Transaction.SaveAsync("before", cancellationToken);
        string former;
        try
        {
            former = await work.QuerySingleAsync<string>(
                """
                update users u set
                    email = @NewEmail, normalized_email = @NormalizedEmail, email_confirmed = true,
                    concurrency_stamp = gen_random_uuid()::text, updated_at = @now, version = u.version + 1
                from (select id, email from users where id = @UserId for update) before
                where u.id = before.id
                returning before.email
                """,
                new { change.NewEmail, change.NormalizedEmail, change.UserId, now }, cancellationToken);
        }
        catch (PostgresException exception) when (exception.ConstraintName == "users_normalized_email")
        {
            await work.Transaction.RollbackAsync("before", cancellationToken);
            await EndAsync();
            return EmailChangeOutcome.Taken;
        }

        await EndAsync();
        // They were sent to the old address.
        await work.ExecuteAsync(
            "delete from email_verifications where user_id = @UserId; delete from password_resets where user_id = @UserId",
            change, cancellationToken);
        // The operator claim depends on the address.
        await revocations.RevokeAsync(work, RevocationKinds.User, change.UserId.ToString(), cancellationToken);
        work.Publish(audit.Entry("email.changed", "user", change.UserId, actor: change.UserId));
        await notices.RaiseAsync(work, change.UserId, SecurityNoticeKinds.EmailChanged, change.NewEmail, email: former, cancellationToken: cancellationToken);
        await notices.RaiseAsync(work, change.UserId, SecurityNoticeKinds.EmailChanged, change.NewEmail, cancellationToken: cancellationToken);
        return EmailChangeOutcome.Changed;

        Task EndAsync() => work.ExecuteAsync(
            "update email_changes set ended_at = @now where id = @Id", new { change.Id, now }, cancellationToken);
    }

    private sealed record Change(Guid Id, Guid UserId, string NewEmail, string NormalizedEmail, bool Complete);
}
