using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces;

/// <summary>Schedules and cancels deletions. Until the grace period expires, owners can restore the workspace.</summary>
public static class DeleteWorkspace
{
    /// <summary>DELETE /workspaces/{id}. Repeating it changes nothing, including the date.</summary>
    public static async Task<Results<Ok<WorkspaceResponse>, ProblemHttpResult>> ScheduleAsync(
        Guid id, CurrentUser user, [AsParameters] WorkspaceServices services, Revocations revocations, WorkspaceNotices notices,
        IOptions<IdentityServiceOptions> options, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await services.Database.BeginAsync(cancellationToken);
        await MemberChanges.LockSessionsAsync(work, id, user.Id, null, cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken, evenIfDeletionIsScheduled: true)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (!ETags.IfMatch(context.Request, workspace.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        if (workspace.PersonalOf is not null)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("workspaces.personalDeletion"));
        }

        if (workspace.DeletionScheduledAt is null)
        {
            var now = services.Time.GetUtcNow();
            var eraseAfter = now + options.Value.WorkspaceGracePeriod;
            workspace = await WriteAsync(work, workspace, now, eraseAfter, now, cancellationToken);
            work.Publish(new WorkspaceDeletionScheduled(id, eraseAfter, workspace.Version, now));
            work.Publish(services.Audit.Entry("workspace.deletionScheduled", "workspace", id, after: new { workspace.Name, eraseAfter }, workspace: id));
            // The next tokens are read-only.
            await revocations.RevokeAsync(work, RevocationKinds.Workspace, id.ToString(), cancellationToken);
            await notices.NotifyAdminsAsync(work, id, SecurityNoticeKinds.WorkspaceDeletionScheduled, workspace.Name, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, workspace.Version);
        return TypedResults.Ok(workspace.ToResponse());
    }

    /// <summary>POST /workspaces/{id}/restore. Does nothing without a scheduled deletion.</summary>
    public static async Task<Results<Ok<WorkspaceResponse>, ProblemHttpResult>> RestoreAsync(
        Guid id, CurrentUser user, [AsParameters] WorkspaceServices services, Revocations revocations, WorkspaceNotices notices, HttpContext context,
        CancellationToken cancellationToken)
    {
        await using var work = await services.Database.BeginAsync(cancellationToken);
        await MemberChanges.LockSessionsAsync(work, id, user.Id, null, cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken, evenIfDeletionIsScheduled: true)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (!ETags.IfMatch(context.Request, workspace.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        var now = services.Time.GetUtcNow();
        if (workspace.EraseAfter <= now)
        {
            return Problems.WorkspaceDeletionScheduled.Result(IdentityTexts.Of("workspaces.graceOver"));
        }

        if (workspace.DeletionScheduledAt is not null)
        {
            var before = workspace;
            workspace = await WriteAsync(work, workspace, null, null, now, cancellationToken);
            work.Publish(new WorkspaceRestored(id, workspace.Version, now));
            work.Publish(services.Audit.Entry("workspace.restored", "workspace", id, before: new { before.EraseAfter }, workspace: id));
            // Replaces read-only tokens immediately.
            await revocations.RevokeAsync(work, RevocationKinds.Workspace, id.ToString(), cancellationToken);
            await notices.NotifyAdminsAsync(work, id, SecurityNoticeKinds.WorkspaceDeletionCancelled, workspace.Name, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, workspace.Version);
        return TypedResults.Ok(workspace.ToResponse());
    }

    private static async Task<EnteredWorkspace> WriteAsync(
        UnitOfWork work, EnteredWorkspace workspace, DateTimeOffset? scheduledAt, DateTimeOffset? eraseAfter, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            """
            update workspaces set deletion_scheduled_at = @scheduledAt, erase_after = @eraseAfter, updated_at = @now, version = version + 1
            where id = @Id
            """,
            new { workspace.Id, scheduledAt, eraseAfter, now }, cancellationToken);
        return await WorkspaceAccess.ReadAsync(work.Connection, workspace.Id, workspace.UserId, cancellationToken)
            ?? throw new InvalidOperationException("A locked workspace is missing.");
    }
}
