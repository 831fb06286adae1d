using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Plans;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces;

public static class CreateWorkspace
{
    public const int MaxNameLength = 100;

    public sealed record Request
    {
        /// <summary>At most 100 characters.</summary>
        public required string Name { get; init; }
    }

    /// <summary>The caller becomes the owner. The number of workspaces besides the personal one is limited by plan.</summary>
    public static async Task<Results<Created<WorkspaceResponse>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, Database database, AuditTrail audit, IOptions<IdentityServiceOptions> options, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!UnicodeText.TryParseLine(body.Name, MaxNameLength, out var name, out var error))
        {
            return ValidationErrors.Of("name", error);
        }

        var now = time.GetUtcNow();
        var id = IdempotentOperation.Of(context)?.Id ?? Guid.CreateVersion7(now);
        await using var work = await database.BeginAsync(cancellationToken);
        // Locked, so that the second of two concurrent requests counts the workspace of the first.
        var exists = await work.ExecuteScalarAsync<bool>(
            "select true from users where id = @Id for no key update", new { user.Id }, cancellationToken);
        if (!exists)
        {
            return Problems.Unauthorized.Result();
        }

        // Exists when an earlier attempt with this Idempotency-Key committed, but failed before its response.
        if (await WorkspaceAccess.ReadAsync(work.Connection, id, user.Id, cancellationToken) is { } earlier)
        {
            return Answer(earlier, context);
        }

        var (plan, owned) = await work.QuerySingleAsync<(string, int)>(
            """
            -- every workspace: those that the caller owns
            select (select plan from workspaces where personal_of = @Id),
                   (select count(*)::int from members m join workspaces w on w.id = m.workspace_id
                    where m.user_id = @Id and m.role = 'owner' and w.personal_of is null)
            """,
            new { user.Id }, cancellationToken);
        if (owned >= options.Value.WorkspaceLimitOf(plan))
        {
            return Problems.PlanLimitReached.Result(
                IdentityTexts.Of("workspaces.planLimit", ("n", owned)),
                ("resource", "workspaces"), ("limit", options.Value.WorkspaceLimitOf(plan)), ("used", owned), ("plan", plan), ("upgradeUrl", PlanRefusals.UpgradeUrl),
                ("upgradeTo", options.Value.PlanWithMoreWorkspacesThan(owned)));
        }

        var initial = await WorkspacePlans.OfAsync(work.Connection, WorkspacePlans.Default, cancellationToken);
        await work.ExecuteAsync(
            """
            insert into workspaces (id, name, plan, api_limit_factor, created_at, updated_at) values (@id, @name, @Plan, @ApiLimitFactor, @now, @now);
            insert into members (workspace_id, user_id, role, joined_at) values (@id, @UserId, 'owner', @now);
            """,
            new { id, name, initial.Plan, initial.ApiLimitFactor, UserId = user.Id, now }, cancellationToken);
        work.Publish(new WorkspaceCreated(id, user.Id, name, now));
        work.Publish(audit.Entry("workspace.created", "workspace", id, after: new { name }, workspace: id));
        var created = await WorkspaceAccess.ReadAsync(work.Connection, id, user.Id, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return Answer(created!, context);
    }

    private static Created<WorkspaceResponse> Answer(EnteredWorkspace workspace, HttpContext context)
    {
        ETags.Write(context.Response, workspace.Version);
        return TypedResults.Created($"/api/v1/workspaces/{workspace.Id}", workspace.ToResponse());
    }
}
