using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Sso;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <summary>What the person does who got the mail.</summary>
public static class AnswerInvitation
{
    public sealed record Request
    {
        /// <summary>From the link in the mail.</summary>
        public required string Token { get; init; }
    }

    /// <param name="InvitedBy">How they want to be called; null when they never said.</param>
    /// <param name="Email">The address that was invited: only its account can accept.</param>
    public sealed record Preview(Guid WorkspaceId, string WorkspaceName, string? InvitedBy, string Email, string Role, DateTimeOffset ExpiresAt);

    /// <summary>POST /invitations/preview. For signed-out people too: the token is the proof that the mail arrived.</summary>
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
            -- every workspace: the token is the proof, and tells which it is
            select i.workspace_id, w.name as workspace_name, u.name as invited_by, i.email, i.role, i.expires_at
            from invitations i join workspaces w on w.id = i.workspace_id join users u on u.id = i.invited_by
            where i.token_hash = @hash and i.expires_at > @Now and w.deletion_scheduled_at is null
            """,
            new { hash, Now = time.GetUtcNow() }, cancellationToken);
        return preview is null ? Problems.InvitationInvalid.Result() : TypedResults.Ok(preview);
    }

    /// <summary>
    /// POST /invitations/accept. The account's verified address has to be the one that was invited: a forwarded mail lets nobody else in.
    /// Of two at once, one gets in by it.
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
            -- every workspace: the token is the proof, and tells which it is
            select workspace_id from invitations where token_hash = @hash
            """,
            new { hash }, cancellationToken);
        // Locked, as for every change of its members: what is read next stays so.
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
            return Problems.EmailNotVerified.Result("Verify your email address first, then accept the invitation.");
        }

        if (await ssoRequirement.CheckBeforeJoiningAsync(work, id, user.Id, user.SessionId, cancellationToken) is { } otherwise)
        {
            return otherwise;
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

    /// <summary>POST /invitations/decline. Nobody has to sign up to say no.</summary>
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
            -- every workspace: the token is the proof, and tells which it is
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

    /// <returns>What to answer when there is no token to look for.</returns>
    private static ProblemHttpResult? Parse(Request body, out byte[] hash)
    {
        var isToken = OneTimeSecret.TryHash(body.Token, out var parsed);
        hash = parsed ?? [];
        return body.Token.Length == 0 ? ValidationErrors.Of("token", "This is required.")
            : isToken ? null
            : Problems.InvitationInvalid.Result();
    }

    private sealed record Row(Guid Id, string Role, string NormalizedEmail, string OwnEmail, bool IsVerified);
}
