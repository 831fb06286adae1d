using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces;

public static class GetWorkspace
{
    public static async Task<Results<Ok<WorkspaceResponse>, StatusCodeHttpResult, ProblemHttpResult>> HandleAsync(
        Guid id, WorkspaceAccess access, Database database, IOptions<IdentityServiceOptions> options, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        if ((await access.FindAsync(connection, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        ETags.Write(context.Response, workspace.Version);
        return ETags.IfNoneMatch(context.Request, workspace.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(workspace.ToResponse() with { DeletionGraceSeconds = (long)options.Value.WorkspaceGracePeriod.TotalSeconds });
    }
}
