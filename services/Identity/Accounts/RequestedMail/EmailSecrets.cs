using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.RequestedMail;

/// <summary>One-time secrets in the links of emails: one verifies the address, the other sets a new password. Only their hashes are stored.</summary>
public sealed class EmailSecrets(SealedText seal, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Replaces the account's earlier secrets.</summary>
    /// <returns>The event to publish in the same transaction.</returns>
    public async Task<EmailVerificationRequested> IssueVerificationAsync(UnitOfWork work, MailRecipient recipient, CancellationToken cancellationToken)
    {
        var issued = await IssueAsync(
            work,
            """
            delete from email_verifications where user_id = @Id;
            insert into email_verifications (token_hash, user_id, normalized_email, created_at, expires_at)
            values (@Hash, @Id, @NormalizedEmail, @now, @ExpiresAt);
            """,
            recipient, options.Value.EmailVerificationLifetime, nameof(EmailVerificationRequested), cancellationToken);
        return new EmailVerificationRequested(
            issued.EventId, recipient.Id, recipient.Email, recipient.Name, recipient.Locale, issued.Sealed, issued.ExpiresAt);
    }

    /// <summary>Earlier secrets remain valid until one is used, because emails can arrive out of order.</summary>
    /// <returns>The event to publish in the same transaction.</returns>
    public async Task<PasswordResetRequested> IssuePasswordResetAsync(UnitOfWork work, MailRecipient recipient, CancellationToken cancellationToken)
    {
        var issued = await IssueAsync(
            work,
            """
            insert into password_resets (token_hash, user_id, normalized_email, created_at, expires_at)
            values (@Hash, @Id, @NormalizedEmail, @now, @ExpiresAt)
            """,
            recipient, options.Value.PasswordResetLifetime, nameof(PasswordResetRequested), cancellationToken);
        return new PasswordResetRequested(
            issued.EventId, recipient.Id, recipient.Email, recipient.Name, recipient.Locale, issued.Sealed, issued.ExpiresAt);
    }

    private async Task<Issued> IssueAsync(
        UnitOfWork work, string insert, MailRecipient recipient, TimeSpan lifetime, string purpose, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var secret = OneTimeSecret.Create();
        var issued = new Issued(Guid.CreateVersion7(now), seal.Seal(secret.Value, purpose), now + lifetime);
        await work.ExecuteAsync(
            insert, new { Hash = secret.Hash(), recipient.Id, recipient.NormalizedEmail, now, issued.ExpiresAt }, cancellationToken);
        return issued;
    }

    private sealed record Issued(Guid EventId, string Sealed, DateTimeOffset ExpiresAt);
}
