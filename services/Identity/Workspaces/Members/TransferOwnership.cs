using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Members;

public static class TransferOwnership
{
    public sealed record Request
    {
        /// <summary>A member of the workspace.</summary>
        public required Guid UserId { get; init; }
    }

    /// <summary>Makes the member an owner, and the caller an admin, in one transaction.</summary>
    public static async Task<Results<Ok<WorkspaceResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, CurrentUser user, WorkspaceAccess access, MemberChanges members, Database database, HttpContext context,
        CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await MemberChanges.LockSessionsAsync(work, id, user.Id, body.UserId, cancellationToken);
        if ((await access.LockAsync(work, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (body.UserId == user.Id)
        {
            return ValidationErrors.Of("userId", IdentityTexts.Of("workspaces.alreadyYours"));
        }

        if (await MemberChanges.RoleOfAsync(work, id, body.UserId, cancellationToken) is not { } role)
        {
            return ValidationErrors.Of("userId", IdentityTexts.Of("workspaces.notAMember"));
        }

        if (workspace.PersonalOf is not null)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("workspaces.personalTransfer"));
        }

        if (Permissions.RoleOf(role) != Role.Owner)
        {
            await members.ChangeRoleAsync(work, workspace, body.UserId, role, Permissions.NameOf(Role.Owner), cancellationToken);
        }

        await members.ChangeRoleAsync(work, workspace, user.Id, workspace.Role, Permissions.NameOf(Role.Admin), cancellationToken);
        var after = await WorkspaceAccess.ReadAsync(work.Connection, id, user.Id, cancellationToken);
        await work.CommitAsync(cancellationToken);
        ETags.Write(context.Response, after!.Version);
        return TypedResults.Ok(after.ToResponse());
    }
}
