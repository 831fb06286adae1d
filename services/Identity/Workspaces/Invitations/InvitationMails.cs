using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <summary>Emails to recipients who may not know LinkShort. They are limited, so that it can't be used for spam.</summary>
public sealed class InvitationMails(SealedText secrets, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Counts an email against the limits of the workspace, the inviter and the address.</summary>
    /// <returns>How long to wait when a limit is reached; null when the email may be sent.</returns>
    public async Task<TimeSpan?> TakeAsync(UnitOfWork work, Guid workspaceId, Guid inviter, string normalizedEmail, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var addressHash = SHA256.HashData(Encoding.UTF8.GetBytes(normalizedEmail));
        // Serialised per inviter, who may send from several workspaces at once.
        await work.ExecuteAsync(
            "select from users where id = @inviter for no key update", new { inviter }, cancellationToken);
        // The n-th latest of each: if it is within the window, the limit n is reached.
        var latest = await work.QuerySingleAsync<Latest>(
            """
            -- every workspace: the limits of inviter and address span all of them
            select
                (select sent_at from invitation_mails where workspace_id = @workspaceId and sent_at > @HourAgo
                 order by sent_at desc offset @Hourly limit 1) as by_workspace,
                (select sent_at from invitation_mails where invited_by = @inviter and sent_at > @HourAgo
                 order by sent_at desc offset @Hourly limit 1) as by_inviter,
                (select sent_at from invitation_mails where address_hash = @addressHash and sent_at > @DayAgo
                 order by sent_at desc offset @Daily limit 1) as to_address
            """,
            new
            {
                workspaceId, inviter, addressHash, HourAgo = now.AddHours(-1), DayAgo = now.AddDays(-1),
                Hourly = options.Value.InvitationMailsPerHour - 1, Daily = options.Value.InvitationMailsPerAddressAndDay - 1,
            },
            cancellationToken);
        var free = new[] { latest.ByWorkspace?.AddHours(1), latest.ByInviter?.AddHours(1), latest.ToAddress?.AddDays(1) }.Max();
        if (free > now)
        {
            return free - now;
        }

        await work.ExecuteAsync(
            "insert into invitation_mails (workspace_id, invited_by, address_hash, sent_at) values (@workspaceId, @inviter, @addressHash, @now)",
            new { workspaceId, inviter, addressHash, now }, cancellationToken);
        return null;
    }

    /// <summary>The email is sent if the transaction commits. Its token is sealed in transit.</summary>
    public async Task SendAsync(
        UnitOfWork work, EnteredWorkspace workspace, InvitationResponse invitation, OneTimeSecret token, CancellationToken cancellationToken)
    {
        var (name, locale) = await work.QuerySingleAsync<(string?, string)>(
            "select name, locale from users where id = @UserId", new { workspace.UserId }, cancellationToken);
        work.Publish(new InvitationCreated(
            invitation.Id, workspace.Id, workspace.Name, name, invitation.Email, invitation.Role, locale,
            secrets.Seal(token.Value, nameof(InvitationCreated)), invitation.ExpiresAt));
    }

    /// <summary>For the audit log, which keeps entries for long: enough to recognise the recipient.</summary>
    internal static string Masked(string email) => string.Concat(email.AsSpan(0, 1), "…", email.AsSpan(email.LastIndexOf('@')));

    private sealed record Latest(DateTimeOffset? ByWorkspace, DateTimeOffset? ByInviter, DateTimeOffset? ToAddress);
}
