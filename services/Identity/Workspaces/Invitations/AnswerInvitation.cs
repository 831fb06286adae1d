using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Plans;
using LinkShort.Identity.Sso;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <summary>The endpoints for the recipient of an invitation.</summary>
public static class AnswerInvitation
{
    public sealed record Request
    {
        /// <summary>From the link in the email.</summary>
        public required string Token { get; init; }
    }

    /// <param name="InvitedBy">The inviter's name; null if they have none.</param>
    /// <param name="Email">The invited address. Only its account can accept.</param>
    public sealed record Preview(Guid WorkspaceId, string WorkspaceName, string? InvitedBy, string Email, string Role, DateTimeOffset ExpiresAt);

    /// <summary>POST /invitations/preview. Anonymous: the token proves that the email was received.</summary>
    public static async Task<Results<Ok<Preview>, ProblemHttpResult>> PreviewAsync(
        Request body, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Parse(body, out var hash) is { } unreadable)
        {
            return unreadable;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var preview = await connection.QuerySingleOrDefaultAsync<Preview>(
            """
            -- every workspace: the token is the proof, and identifies the workspace
            select i.workspace_id, w.name as workspace_name, u.name as invited_by, i.email, i.role, i.expires_at
            from invitations i join workspaces w on w.id = i.workspace_id join users u on u.id = i.invited_by
            where i.token_hash = @hash and i.expires_at > @Now and w.deletion_scheduled_at is null
            """,
            new { hash, Now = time.GetUtcNow() }, cancellationToken);
        return preview is null ? Problems.InvitationInvalid.Result() : TypedResults.Ok(preview);
    }

    /// <summary>
    /// POST /invitations/accept. The account's verified address must be the invited one, so that a forwarded email admits no one else.
    /// One of two concurrent acceptances wins.
    /// </summary>
    public static async Task<Results<Ok<WorkspaceResponse>, ProblemHttpResult>> AcceptAsync(
        Request body, CurrentUser user, [AsParameters] WorkspaceServices services, MemberChanges members, SsoRequirement ssoRequirement, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (Parse(body, out var hash) is { } unreadable)
        {
            return unreadable;
        }

        await using var work = await services.Database.BeginAsync(cancellationToken);
        var workspaceId = await work.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the token is the proof, and identifies the workspace
            select workspace_id from invitations where token_hash = @hash
            """,
            new { hash }, cancellationToken);
        // Locked, as for every change of members, so that the following reads remain valid.
        if (workspaceId is not { } id || !await WorkspaceAccess.LockAsync(work, id, cancellationToken))
        {
            return Problems.InvitationInvalid.Result();
        }

        var invitation = await work.QuerySingleOrDefaultAsync<Row>(
            """
            select i.id, i.role, i.normalized_email, u.normalized_email as own_email, u.email_confirmed as is_verified
            from invitations i join workspaces w on w.id = i.workspace_id cross join users u
            where i.workspace_id = @id and i.token_hash = @hash and i.expires_at > @Now and w.deletion_scheduled_at is null and u.id = @UserId
            """,
            new { id, hash, Now = services.Time.GetUtcNow(), UserId = user.Id }, cancellationToken);
        if (invitation is null)
        {
            return Problems.InvitationInvalid.Result();
        }

        if (invitation.NormalizedEmail != invitation.OwnEmail)
        {
            return Problems.InvitationForSomebodyElse.Result();
        }

        if (!invitation.IsVerified)
        {
            return Problems.EmailNotVerified.Result(IdentityTexts.Of("workspaces.verifyBeforeAccepting"));
        }

        if ((await ssoRequirement.CheckBeforeJoiningAsync(work, id, user.Id, user.SessionId, cancellationToken)
            ?? await MemberLimit.CheckJoiningAsync(work, id, cancellationToken)) is { } refusal)
        {
            return refusal;
        }

        await work.ExecuteAsync(
            "delete from invitations where workspace_id = @id and id = @InvitationId",
            new { id, InvitationId = invitation.Id }, cancellationToken);
        await members.JoinAsync(work, id, user.Id, invitation.Role, cancellationToken);
        work.Publish(services.Audit.Entry("invitation.accepted", "invitation", invitation.Id, after: new { invitation.Role }, workspace: id));
        var workspace = await WorkspaceAccess.ReadAsync(work.Connection, id, user.Id, cancellationToken);
        await work.CommitAsync(cancellationToken);
        ETags.Write(context.Response, workspace!.Version);
        return TypedResults.Ok(workspace.ToResponse());
    }

    /// <summary>POST /invitations/decline. Anonymous, as declining requires no account.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> DeclineAsync(
        Request body, Database database, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (Parse(body, out var hash) is { } unreadable)
        {
            return unreadable;
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var taken = await work.QuerySingleOrDefaultAsync<(Guid Id, Guid WorkspaceId)>(
            """
            -- every workspace: the token is the proof, and identifies the workspace
            delete from invitations where token_hash = @hash returning id, workspace_id
            """,
            new { hash }, cancellationToken);
        if (taken == default)
        {
            return Problems.InvitationInvalid.Result();
        }

        work.Publish(audit.Entry("invitation.declined", "invitation", taken.Id, workspace: taken.WorkspaceId));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <returns>The refusal of an invalid token.</returns>
    private static ProblemHttpResult? Parse(Request body, out byte[] hash)
    {
        var isToken = OneTimeSecret.TryHash(body.Token, out var parsed);
        hash = parsed ?? [];
        return body.Token.Length == 0 ? ValidationErrors.Of("token", FieldRules.Required)
            : isToken ? null
            : Problems.InvitationInvalid.Result();
    }

    private sealed record Row(Guid Id, string Role, string NormalizedEmail, string OwnEmail, bool IsVerified);
}
