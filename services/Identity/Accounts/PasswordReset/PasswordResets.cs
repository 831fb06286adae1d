using LinkShort.Contracts;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.PasswordReset;

/// <summary>Secrets that set a new password.</summary>
public sealed class PasswordResets(SealedText seal, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Those before it stay good until one is used: mails overtake each other.</summary>
    /// <returns>The event to publish in the same transaction.</returns>
    public async Task<PasswordResetRequested> IssueAsync(UnitOfWork work, MailRecipient recipient, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(recipient);
        var now = time.GetUtcNow();
        var secret = OneTimeSecret.Create();
        var expiresAt = now + options.Value.PasswordResetLifetime;
        await work.ExecuteAsync(
            """
            insert into password_resets (token_hash, user_id, normalized_email, created_at, expires_at)
            values (@Hash, @Id, @NormalizedEmail, @now, @expiresAt)
            """,
            new { Hash = secret.Hash(), recipient.Id, recipient.NormalizedEmail, now, expiresAt }, cancellationToken);
        return new PasswordResetRequested(
            Guid.CreateVersion7(now), recipient.Id, recipient.Email, recipient.Name, recipient.Locale,
            seal.Seal(secret.Value, nameof(PasswordResetRequested)), expiresAt);
    }
}
