using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <summary>Mails to people who may never have heard of us: counted, so that nobody writes to strangers in our name all day.</summary>
public sealed class InvitationMails(SealedText secrets, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Takes one of the mails that the workspace, the inviter and the address are granted.</summary>
    /// <returns>How long to wait when one of the limits is reached; null when the mail may go.</returns>
    public async Task<TimeSpan?> TakeAsync(UnitOfWork work, Guid workspaceId, Guid inviter, string normalizedEmail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(normalizedEmail);
        var now = time.GetUtcNow();
        var addressHash = SHA256.HashData(Encoding.UTF8.GetBytes(normalizedEmail));
        // They may write from several workspaces at once.
        await work.ExecuteAsync(
            "select from users where id = @inviter for no key update", new { inviter }, cancellationToken);
        // The n-th latest of each: while it is within the window, there are n of them.
        var latest = await work.QuerySingleAsync<Latest>(
            """
            -- every workspace: an inviter's and an address's mails count wherever they were sent from
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

    /// <summary>The mail leaves if the transaction commits; its token is sealed on the way.</summary>
    public async Task SendAsync(
        UnitOfWork work, EnteredWorkspace workspace, InvitationResponse invitation, OneTimeSecret token, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(workspace);
        ArgumentNullException.ThrowIfNull(invitation);
        var (name, locale) = await work.QuerySingleAsync<(string?, string)>(
            "select name, locale from users where id = @UserId", new { workspace.UserId }, cancellationToken);
        work.Publish(new InvitationCreated(
            invitation.Id, workspace.Id, workspace.Name, name, invitation.Email, invitation.Role, locale,
            secrets.Seal(token.Value, nameof(InvitationCreated)), invitation.ExpiresAt));
    }

    /// <summary>For the audit log, which never forgets: enough to recognise whom one invited.</summary>
    internal static string Masked(string email) => string.Concat(email.AsSpan(0, 1), "…", email.AsSpan(email.LastIndexOf('@')));

    private sealed record Latest(DateTimeOffset? ByWorkspace, DateTimeOffset? ByInviter, DateTimeOffset? ToAddress);
}
