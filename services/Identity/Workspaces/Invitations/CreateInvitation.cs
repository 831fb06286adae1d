using System.Globalization;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Plans;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces.Invitations;

public static class CreateInvitation
{
    private static readonly string[] Roles = ["admin", "member", "viewer"];

    public sealed record Request
    {
        public required string Email { get; init; }

        /// <summary>admin, member or viewer. Owners have to be members first.</summary>
        public required string Role { get; init; }
    }

    /// <summary>The response doesn't reveal whether the address has an account.</summary>
    public static async Task<Results<Created<InvitationResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, [AsParameters] WorkspaceServices services, InvitationMails mails, IOptions<IdentityServiceOptions> options,
        HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (!EmailAddress.TryParse(body.Email, out var email, out var emailError))
        {
            errors.Add("email", emailError);
        }

        if (!Roles.Contains(body.Role))
        {
            errors.Add("role", FieldRules.OneOf("admin", "member", "viewer"));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        var now = services.Time.GetUtcNow();
        if (await RefusedAsync(work, workspace, email!, options.Value, now, cancellationToken) is { } why)
        {
            return why;
        }

        if (await mails.TakeAsync(work, id, workspace.UserId, email!.Normalized, cancellationToken) is { } wait)
        {
            return TooMany(wait, context);
        }

        var token = OneTimeSecret.Create();
        // Replaces an expired invitation to the same address.
        var invitation = await work.QuerySingleAsync<InvitationResponse>(
            $"""
            delete from invitations where workspace_id = @id and normalized_email = @Normalized;
            insert into invitations (id, workspace_id, email, normalized_email, role, token_hash, invited_by, created_at, sent_at, expires_at)
            values (@InvitationId, @id, @Value, @Normalized, @Role, @Hash, @UserId, @now, @now, @ExpiresAt)
            returning {InvitationResponse.Columns}
            """,
            new
            {
                InvitationId = IdempotentOperation.Of(context)?.Id ?? Guid.CreateVersion7(now), id, email.Value, email.Normalized, body.Role,
                Hash = token.Hash(), workspace.UserId, now, ExpiresAt = now + options.Value.InvitationLifetime,
            },
            cancellationToken);
        await mails.SendAsync(work, workspace, invitation, token, cancellationToken);
        work.Publish(services.Audit.Entry(
            "invitation.created", "invitation", invitation.Id, after: new { email = InvitationMails.Masked(email.Value), body.Role }, workspace: id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/workspaces/{id}/invitations/{invitation.Id}", invitation);
    }

    internal static ProblemHttpResult TooMany(TimeSpan wait, HttpContext context)
    {
        context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Problems.RateLimited.Result(IdentityTexts.Of("workspaces.tooManyInvitations"));
    }

    private static async Task<ProblemHttpResult?> RefusedAsync(
        UnitOfWork work, EnteredWorkspace workspace, EmailAddress email, IdentityServiceOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var state = await work.QuerySingleAsync<State>(
            """
            select (select email_confirmed from users where id = @UserId) as is_verified,
                   exists (select from members m join users u on u.id = m.user_id
                           where m.workspace_id = @Id and u.normalized_email = @Normalized) as is_member,
                   exists (select from invitations where workspace_id = @Id and normalized_email = @Normalized and expires_at > @now) as is_invited,
                   (select count(*) from invitations where workspace_id = @Id and expires_at > @now) as open
            """,
            new { workspace.Id, workspace.UserId, email.Normalized, now }, cancellationToken);
        var refusal = state switch
        {
            { IsVerified: false } => Problems.EmailNotVerified.Result(IdentityTexts.Of("workspaces.verifyBeforeInviting")),
            { IsMember: true } => Problems.Conflict.Result(IdentityTexts.Of("workspaces.alreadyMember")),
            { IsInvited: true } => Problems.Conflict.Result(IdentityTexts.Of("workspaces.alreadyInvited")),
            _ when state.Open >= options.MaxOpenInvitations =>
                Problems.Conflict.Result(IdentityTexts.Of("workspaces.openInvitations", ("n", state.Open))),
            _ => null,
        };
        return refusal ?? await MemberLimit.CheckInvitationAsync(work, workspace.Id, now, cancellationToken);
    }

    private sealed record State(bool IsVerified, bool IsMember, bool IsInvited, long Open);
}
