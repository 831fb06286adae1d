using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <summary>The admins' endpoints for open invitations.</summary>
public static class ChangeInvitation
{
    /// <summary>POST …/{invitationId}/resend. Sends a new token, which replaces the previous one and renews an expired invitation.</summary>
    public static async Task<Results<Ok<InvitationResponse>, ProblemHttpResult>> ResendAsync(
        Guid id, Guid invitationId, [AsParameters] WorkspaceServices services, InvitationMails mails, IOptions<IdentityServiceOptions> options,
        HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        var sender = await work.QuerySingleAsync<Sender>(
            """
            select email_confirmed as is_verified,
                   (select normalized_email from invitations where workspace_id = @id and id = @invitationId) as normalized_email
            from users where id = @UserId
            """,
            new { id, invitationId, workspace.UserId }, cancellationToken);
        if (sender.NormalizedEmail is null)
        {
            return Problems.NotFound.Result();
        }

        if (!sender.IsVerified)
        {
            return Problems.EmailNotVerified.Result(IdentityTexts.Of("workspaces.verifyBeforeInviting"));
        }

        if (await mails.TakeAsync(work, id, workspace.UserId, sender.NormalizedEmail, cancellationToken) is { } wait)
        {
            return CreateInvitation.TooMany(wait, context);
        }

        var now = services.Time.GetUtcNow();
        var token = OneTimeSecret.Create();
        // The sender becomes the inviter.
        var invitation = await work.QuerySingleAsync<InvitationResponse>(
            $"""
            update invitations set token_hash = @Hash, invited_by = @UserId, sent_at = @now, expires_at = @ExpiresAt
            where workspace_id = @id and id = @invitationId
            returning {InvitationResponse.Columns}
            """,
            new { id, invitationId, Hash = token.Hash(), workspace.UserId, now, ExpiresAt = now + options.Value.InvitationLifetime },
            cancellationToken);
        await mails.SendAsync(work, workspace, invitation, token, cancellationToken);
        work.Publish(services.Audit.Entry(
            "invitation.sentAgain", "invitation", invitationId, after: new { email = InvitationMails.Masked(invitation.Email), invitation.Role }, workspace: id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(invitation);
    }

    /// <summary>DELETE …/{invitationId}. Its link stops working immediately. Allowed even when the workspace is scheduled for deletion.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> WithdrawAsync(
        Guid id, Guid invitationId, [AsParameters] WorkspaceServices services, CancellationToken cancellationToken)
    {
        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken, evenIfDeletionIsScheduled: true)).IsRefused(out var refusal, out _))
        {
            return refusal;
        }

        var email = await work.ExecuteScalarAsync<string?>(
            "delete from invitations where workspace_id = @id and id = @invitationId returning email",
            new { id, invitationId }, cancellationToken);
        if (email is null)
        {
            return Problems.NotFound.Result();
        }

        work.Publish(services.Audit.Entry("invitation.withdrawn", "invitation", invitationId, new { email = InvitationMails.Masked(email) }, workspace: id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private sealed record Sender(bool IsVerified, string? NormalizedEmail);
}
