using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Plans;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Plans;

/// <summary>Whether the plan has room for another member. Call it with the workspace locked, so that two don't take the last place.</summary>
internal static class MemberLimit
{
    /// <summary>Before an invitation, for which open ones hold places too.</summary>
    public static Task<ProblemHttpResult?> CheckInvitationAsync(UnitOfWork work, Guid workspaceId, DateTimeOffset now, CancellationToken cancellationToken) =>
        CheckAsync(work, workspaceId, now, cancellationToken);

    /// <summary>Before somebody joins. Invitations of others don't matter: the first to accept gets the place.</summary>
    public static Task<ProblemHttpResult?> CheckJoiningAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken) =>
        CheckAsync(work, workspaceId, null, cancellationToken);

    private static async Task<ProblemHttpResult?> CheckAsync(UnitOfWork work, Guid workspaceId, DateTimeOffset? openAt, CancellationToken cancellationToken)
    {
        var entitlements = await WorkspacePlans.OfAsync(work.Connection, workspaceId, cancellationToken);
        if (entitlements.Members is not { } allowed)
        {
            return null;
        }

        var used = await work.QuerySingleAsync<long>(
            """
            select (select count(*) from members where workspace_id = @workspaceId)
                + (select count(*) from invitations where workspace_id = @workspaceId and expires_at > @openAt::timestamptz)
            """,
            new { workspaceId, openAt }, cancellationToken);
        return used < allowed ? null : entitlements.UsedUp(PlanLimits.Members, allowed, used);
    }
}
