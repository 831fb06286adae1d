using LinkShort.Contracts;
using LinkShort.Identity.Administration.Suspensions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration;

/// <summary>POST /api/v1/admin/workspaces/{id}/suspend and /restore</summary>
public static class ChangeWorkspaceService
{
    public sealed record Request
    {
        /// <summary>The reason, for the audit log: 1 to 500 characters.</summary>
        public required string Reason { get; init; }
    }

    public static Task<Results<Ok<FindWorkspaces.Details>, ProblemHttpResult>> SuspendAsync(
        Guid id, Request body, WorkspaceSuspensions suspensions, Database database, CancellationToken cancellationToken) =>
        ChangeAsync(id, body, suspended: true, suspensions, database, cancellationToken);

    public static Task<Results<Ok<FindWorkspaces.Details>, ProblemHttpResult>> RestoreAsync(
        Guid id, Request body, WorkspaceSuspensions suspensions, Database database, CancellationToken cancellationToken) =>
        ChangeAsync(id, body, suspended: false, suspensions, database, cancellationToken);

    private static async Task<Results<Ok<FindWorkspaces.Details>, ProblemHttpResult>> ChangeAsync(
        Guid id, Request body, bool suspended, WorkspaceSuspensions suspensions, Database database, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var reason = AdminText.Reason(body.Reason, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (await suspensions.ChangeAsync(work, id, suspended, reason, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var details = await FindWorkspaces.ReadAsync(work.Connection, id, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return details is not null ? TypedResults.Ok(details) : Problems.NotFound.Result();
    }
}
