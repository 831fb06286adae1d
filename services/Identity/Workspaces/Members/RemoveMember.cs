using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Members;

public static class RemoveMember
{
    /// <summary>Every member except the last owner can leave, even when the workspace is scheduled for deletion.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, Guid userId, CurrentUser user, WorkspaceAccess access, MemberChanges members, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await MemberChanges.LockSessionsAsync(work, id, user.Id, userId, cancellationToken);
        var leaves = userId == user.Id;
        if ((await access.LockAsync(
            work, id, cancellationToken, leaves ? Role.Viewer : null, evenIfDeletionIsScheduled: true, evenWithoutTwoFactors: leaves))
            .IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (await MemberChanges.RoleOfAsync(work, id, userId, cancellationToken) is not { } role)
        {
            return Problems.NotFound.Result();
        }

        if (Permissions.RoleOf(role) == Role.Owner)
        {
            if (!workspace.MayActAs(Role.Owner))
            {
                return Problems.Forbidden.Result(IdentityTexts.Of("workspaces.onlyOwnersRemove"));
            }

            // A personal workspace never has another owner.
            if (!await MemberChanges.HasOtherOwnerAsync(work, id, userId, cancellationToken))
            {
                return Problems.LastOwner.Result();
            }
        }

        await members.RemoveAsync(work, workspace, userId, role, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
