using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Administration.SupportAccess;

/// <param name="ExpiresAt">When the view ends. The token expires before, and is renewed.</param>
public sealed record AccountViewResponse(Guid Id, Guid UserId, Guid WorkspaceId, string AccessToken, int ExpiresIn, DateTimeOffset ExpiresAt);

/// <summary>
/// An operator's view of an account as its owner sees it. Its tokens are the owner's with an <c>act</c> claim, with which every service
/// only allows reading; their <c>sid</c> is the view's id, by which they are revoked. It requires the owner's consent, and lasts half an hour.
/// The consent opens what is the user's to open: the account, the personal workspace, and workspaces that they own or administer.
/// </summary>
public sealed class AccountViews(
    AccessTokens accessTokens, Revocations revocations, SecurityNotices notices, OperatorLog log, IOptions<AdminOptions> options, TimeProvider time)
{
    /// <param name="workspaceId">One of the user's workspaces; null for the personal one.</param>
    public async Task<(AccountViewResponse? View, ProblemHttpResult? Refusal)> StartAsync(
        UnitOfWork work, CurrentUser by, Guid userId, Guid? workspaceId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!await work.ExecuteScalarAsync<bool>(
            "select exists (select from users where id = @userId)", new { userId }, cancellationToken))
        {
            return (null, Problems.NotFound.Result());
        }

        // Locked until the commit, so that a concurrent withdrawal of the consent also ends this view.
        var consent = await work.ExecuteScalarAsync<DateTimeOffset?>(
            "select expires_at from support_consents where user_id = @userId and expires_at > @now for share",
            new { userId, now }, cancellationToken);
        if (consent is not { } consentEnds)
        {
            return (null, Problems.ConsentRequired.Result());
        }

        var member = await FindMemberAsync(work, userId, workspaceId, cancellationToken);
        if (member is null)
        {
            return (null, ValidationErrors.Of("workspaceId", IdentityTexts.Of("administration.workspaceOfUser")));
        }

        if (!MayOpen(member))
        {
            return (null, Problems.ConsentRequired.Result(IdentityTexts.Of("administration.viewerConsent")));
        }

        var viewId = Guid.CreateVersion7(now);
        var expiresAt = now + options.Value.ViewLifetime < consentEnds ? now + options.Value.ViewLifetime : consentEnds;
        await work.ExecuteAsync(
            """
            insert into account_views (id, operator_id, operator_session_id, user_id, workspace_id, started_at, expires_at)
            values (@viewId, @OperatorId, @SessionId, @userId, @WorkspaceId, @now, @expiresAt)
            """,
            new { viewId, OperatorId = by.Id, by.SessionId, userId, member.WorkspaceId, now, expiresAt }, cancellationToken);
        var own = await work.ExecuteScalarAsync<Guid?>(
            "select id from workspaces where personal_of = @userId", new { userId }, cancellationToken);
        log.Record(work, "account.viewStarted", "user", userId, after: new { viewId, member.WorkspaceId, expiresAt }, concerned: own);
        if (member.WorkspaceId != own)
        {
            // Its other admins see it, too.
            log.RecordFor(work, member.WorkspaceId, "account.viewStarted", "user", userId, after: new { viewId, expiresAt });
        }

        await notices.RaiseAsync(work, userId, SecurityNoticeKinds.AccountViewed, byOperator: true, cancellationToken: cancellationToken);
        return (await IssueAsync(member, viewId, by.Id, expiresAt, cancellationToken), null);
    }

    /// <returns>Null when the view has ended, or belongs to another operator or session.</returns>
    public async Task<AccountViewResponse?> RenewAsync(UnitOfWork work, CurrentUser by, Guid viewId, CancellationToken cancellationToken)
    {
        // every workspace: the operator's own views of any
        var view = await work.QuerySingleOrDefaultAsync<View>(
            """
            select id, user_id, workspace_id, expires_at from account_views
            where id = @viewId and operator_id = @OperatorId and operator_session_id = @SessionId and ended_at is null and expires_at > @Now
            """,
            new { viewId, OperatorId = by.Id, by.SessionId, Now = time.GetUtcNow().AddSeconds(1) }, cancellationToken);
        return view is not null && await FindMemberAsync(work, view.UserId, view.WorkspaceId, cancellationToken) is { } member && MayOpen(member)
            ? await IssueAsync(member, viewId, by.Id, view.ExpiresAt, cancellationToken)
            : null;
    }

    /// <summary>Ends a view for its operator.</summary>
    /// <returns>False when it doesn't exist or had ended.</returns>
    public Task<bool> EndAsync(UnitOfWork work, Guid operatorId, Guid viewId, CancellationToken cancellationToken) =>
        EndWhereAsync(work, "id = @id and operator_id = @other", viewId, operatorId, cancellationToken);

    /// <summary>Ends all views of the user's account.</summary>
    public Task<bool> EndForUserAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken) =>
        EndWhereAsync(work, "user_id = @id", userId, null, cancellationToken);

    public Task<bool> EndForOperatorAsync(UnitOfWork work, Guid operatorId, CancellationToken cancellationToken) =>
        EndWhereAsync(work, "operator_id = @id", operatorId, null, cancellationToken);

    private async Task<bool> EndWhereAsync(UnitOfWork work, string condition, Guid id, Guid? other, CancellationToken cancellationToken)
    {
        // every workspace: by user, operator or view
        var ended = await work.QueryAsync<Ended>(
            $"""
            update account_views set ended_at = @Now where {condition} and ended_at is null and expires_at > @Now
            returning id, user_id, (select w.id from workspaces w where w.personal_of = user_id) as own_workspace
            """,
            new { id, other, Now = time.GetUtcNow() }, cancellationToken);
        foreach (var view in ended)
        {
            await revocations.RevokeAsync(work, RevocationKinds.Session, view.Id.ToString(), cancellationToken);
            log.Record(work, "account.viewEnded", "user", view.UserId, after: new { viewId = view.Id }, concerned: view.OwnWorkspace);
        }

        return ended.Count > 0;
    }

    private async Task<AccountViewResponse> IssueAsync(
        Membership member, Guid viewId, Guid operatorId, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var token = await accessTokens.IssueForViewAsync(member, viewId, operatorId, expiresAt, cancellationToken);
        return new AccountViewResponse(viewId, member.UserId, member.WorkspaceId, token.Value, token.ExpiresIn, expiresAt);
    }

    /// <summary>Checked again at each renewal: the role may have changed. Users own their personal workspace.</summary>
    private static bool MayOpen(Membership member) => Permissions.RoleOf(member.Role) >= Role.Admin;

    private static Task<Membership?> FindMemberAsync(UnitOfWork work, Guid userId, Guid? workspaceId, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<Membership>(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale, true as read_only, null::text as verified_email, 1 as api_limit_factor
            from members m
            join workspaces w on w.id = m.workspace_id
            join users u on u.id = m.user_id
            where m.user_id = @userId and case when @workspaceId::uuid is null then w.personal_of = @userId else m.workspace_id = @workspaceId end
            """,
            new { userId, workspaceId }, cancellationToken);

    private sealed record View(Guid Id, Guid UserId, Guid WorkspaceId, DateTimeOffset ExpiresAt);

    private sealed record Ended(Guid Id, Guid UserId, Guid? OwnWorkspace);
}
