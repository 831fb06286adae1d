using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Members;

public static class ChangeMember
{
    public sealed record Request
    {
        /// <summary>owner, admin, member or viewer.</summary>
        public required string Role { get; init; }
    }

    public sealed record Response(Guid UserId, string Role);

    /// <summary>Only owners can make or change owners. The last owner can't be changed.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Guid id, Guid userId, Request body, CurrentUser user, WorkspaceAccess access, MemberChanges members, Database database,
        CancellationToken cancellationToken)
    {
        if (Permissions.RoleOf(body.Role) is not { } wanted)
        {
            return ValidationErrors.Of("role", FieldRules.OneOf("owner", "admin", "member", "viewer"));
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await MemberChanges.LockSessionsAsync(work, id, user.Id, userId, cancellationToken);
        if ((await access.LockAsync(work, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (await MemberChanges.RoleOfAsync(work, id, userId, cancellationToken) is not { } role)
        {
            return Problems.NotFound.Result();
        }

        var isOwner = Permissions.RoleOf(role) == Role.Owner;
        if ((isOwner || wanted == Role.Owner) && !workspace.MayActAs(Role.Owner))
        {
            return Problems.Forbidden.Result(IdentityTexts.Of("workspaces.onlyOwnersPromote"));
        }

        if (Permissions.RoleOf(role) == wanted)
        {
            return TypedResults.Ok(new Response(userId, role));
        }

        if (isOwner && !await MemberChanges.HasOtherOwnerAsync(work, id, userId, cancellationToken))
        {
            return Problems.LastOwner.Result();
        }

        if (workspace.PersonalOf is not null && wanted == Role.Owner)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("workspaces.personalOwner"));
        }

        await members.ChangeRoleAsync(work, workspace, userId, role, body.Role, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(new Response(userId, body.Role));
    }
}
