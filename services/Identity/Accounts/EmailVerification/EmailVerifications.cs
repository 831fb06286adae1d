using LinkShort.Contracts;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.EmailVerification;

/// <summary>Secrets that show who reads an address's mail.</summary>
public sealed class EmailVerifications(SealedText seal, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Makes a secret for this address of this account; the ones before it are good no more.</summary>
    /// <returns>The event to publish in the same transaction.</returns>
    public async Task<EmailVerificationRequested> IssueAsync(UnitOfWork work, MailRecipient recipient, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(recipient);
        var now = time.GetUtcNow();
        var secret = OneTimeSecret.Create();
        var expiresAt = now + options.Value.EmailVerificationLifetime;
        await work.ExecuteAsync(
            """
            delete from email_verifications where user_id = @Id;
            insert into email_verifications (token_hash, user_id, normalized_email, created_at, expires_at)
            values (@Hash, @Id, @NormalizedEmail, @now, @expiresAt);
            """,
            new { recipient.Id, Hash = secret.Hash(), recipient.NormalizedEmail, now, expiresAt }, cancellationToken);
        return new EmailVerificationRequested(
            Guid.CreateVersion7(now), recipient.Id, recipient.Email, recipient.Name, recipient.Locale,
            seal.Seal(secret.Value, nameof(EmailVerificationRequested)), expiresAt);
    }
}
