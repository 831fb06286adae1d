using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

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
    /// <param name="HasAccount">Whether the address has an account to sign in to. Otherwise, sign up with the token.</param>
    public sealed record Preview(Guid WorkspaceId, string WorkspaceName, string? InvitedBy, string Email, string Role, DateTimeOffset ExpiresAt, bool HasAccount);

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
            select i.workspace_id, w.name as workspace_name, u.name as invited_by, i.email, i.role, i.expires_at,
                   exists (select from users a where a.normalized_email = i.normalized_email) as has_account
            from invitations i join workspaces w on w.id = i.workspace_id join users u on u.id = i.invited_by
            where i.token_hash = @hash and i.expires_at > @Now and w.deletion_scheduled_at is null
            """,
            new { hash, Now = time.GetUtcNow() }, cancellationToken);
        return preview is null ? await InvalidAsync(connection, hash, time, cancellationToken) : TypedResults.Ok(preview);
    }

    /// <summary>
    /// POST /invitations/accept. The account's address must be the invited one, so that a forwarded email admits no one else; the token, which
    /// was mailed to it, verifies it. One of two concurrent acceptances wins.
    /// </summary>
    public static async Task<Results<Ok<WorkspaceResponse>, ProblemHttpResult>> AcceptAsync(
        Request body, CurrentUser user, Database database, OpenInvitations invitations, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (Parse(body, out var hash) is { } unreadable)
        {
            return unreadable;
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (await invitations.LockAsync(work, hash, cancellationToken) is not { } invitation)
        {
            return await InvalidAsync(work.Connection, hash, time, cancellationToken);
        }

        var own = await work.ExecuteScalarAsync<string?>("select normalized_email from users where id = @Id", new { user.Id }, cancellationToken);
        if (own != invitation.NormalizedEmail)
        {
            return Problems.InvitationForSomebodyElse.Result();
        }

        if (await invitations.AcceptAsync(work, invitation, user.Id, user.SessionId, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var workspace = await WorkspaceAccess.ReadAsync(work.Connection, invitation.WorkspaceId, user.Id, cancellationToken);
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

    /// <summary>The refusal, which for an expired invitation names who can renew it: an expired token still came with the email.</summary>
    private static async Task<ProblemHttpResult> InvalidAsync(NpgsqlConnection connection, byte[] hash, TimeProvider time, CancellationToken cancellationToken)
    {
        var expired = await connection.QuerySingleOrDefaultAsync<Expired>(
            """
            -- every workspace: the token is the proof, and identifies the workspace
            select w.name as workspace_name, u.name as invited_by, i.expires_at
            from invitations i join workspaces w on w.id = i.workspace_id join users u on u.id = i.invited_by
            where i.token_hash = @hash and i.expires_at <= @Now and w.deletion_scheduled_at is null
            """,
            new { hash, Now = time.GetUtcNow() }, cancellationToken);
        return expired is null
            ? Problems.InvitationInvalid.Result()
            : Problems.InvitationInvalid.Result(
                IdentityTexts.Of("workspaces.invitationExpired"),
                ("expiredAt", expired.ExpiresAt), ("workspaceName", expired.WorkspaceName), ("invitedBy", expired.InvitedBy));
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

    private sealed record Expired(string WorkspaceName, string? InvitedBy, DateTimeOffset ExpiresAt);
}
