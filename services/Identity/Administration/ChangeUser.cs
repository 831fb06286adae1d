using LinkShort.Contracts;
using LinkShort.Identity.Administration.SupportAccess;
using LinkShort.Identity.Administration.Suspensions;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration;

/// <summary>/api/v1/admin/users/{id}/suspend, restore, sign-out and view; /api/v1/admin/views/{id}.</summary>
public static class ChangeUser
{
    public sealed record Request
    {
        /// <summary>The reason, for the audit log: 1 to 500 characters.</summary>
        public required string Reason { get; init; }
    }

    public sealed record ViewRequest
    {
        /// <summary>One of the user's workspaces; default the personal one.</summary>
        public Guid? WorkspaceId { get; init; }
    }

    public static Task<Results<Ok<FindUsers.Details>, ProblemHttpResult>> SuspendAsync(
        Guid id, Request body, CurrentUser by, AccountSuspensions suspensions, Operators operators, Database database, TimeProvider time,
        CancellationToken cancellationToken) =>
        ChangeAsync(id, body, (work, reason) => suspensions.SuspendAsync(work, by.Id, id, reason, cancellationToken), operators, database, time, cancellationToken);

    public static Task<Results<Ok<FindUsers.Details>, ProblemHttpResult>> RestoreAsync(
        Guid id, Request body, AccountSuspensions suspensions, Operators operators, Database database, TimeProvider time, CancellationToken cancellationToken) =>
        ChangeAsync(id, body, (work, reason) => suspensions.RestoreAsync(work, id, reason, cancellationToken), operators, database, time, cancellationToken);

    /// <summary>Ends every session of the user. API keys remain valid.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> SignOutAsync(
        Guid id, UserSessions sessions, OperatorLog log, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var own = await work.QuerySingleOrDefaultAsync<Guid?>(
            "select id from workspaces where personal_of = @id", new { id }, cancellationToken);
        if (own is null)
        {
            return Problems.NotFound.Result();
        }

        var ended = await sessions.EndAllAsync(work, id, except: null, cancellationToken);
        log.Record(work, "user.signedOut", "user", id, after: new { SessionCount = ended }, concerned: own);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>Starts a view of the account as its owner sees it.</summary>
    public static async Task<Results<Ok<AccountViewResponse>, ProblemHttpResult>> ViewAsync(
        Guid id, ViewRequest body, CurrentUser by, AccountViews views, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var (view, refusal) = await views.StartAsync(work, by, id, body.WorkspaceId, cancellationToken);
        if (view is null)
        {
            return refusal!;
        }

        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(view);
    }

    /// <summary>Issues another token for an open view.</summary>
    public static async Task<Results<Ok<AccountViewResponse>, ProblemHttpResult>> RenewViewAsync(
        Guid id, CurrentUser by, AccountViews views, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await views.RenewAsync(work, by, id, cancellationToken) is not { } view)
        {
            return Problems.NotFound.Result(IdentityTexts.Of("administration.viewEnded"));
        }

        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(view);
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> EndViewAsync(
        Guid id, CurrentUser by, AccountViews views, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (!await views.EndAsync(work, by.Id, id, cancellationToken))
        {
            return Problems.NotFound.Result();
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<FindUsers.Details>, ProblemHttpResult>> ChangeAsync(
        Guid id, Request body, Func<UnitOfWork, string, Task<ProblemHttpResult?>> change, Operators operators, Database database, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var reason = AdminText.Reason(body.Reason, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (await change(work, reason) is { } refusal)
        {
            return refusal;
        }

        var details = await FindUsers.ReadAsync(work.Connection, id, operators, time, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return details is not null ? TypedResults.Ok(details) : Problems.NotFound.Result();
    }
}
