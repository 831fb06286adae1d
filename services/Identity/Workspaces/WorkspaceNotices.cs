using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Workspaces;

/// <summary>Notifies a workspace's owners and admins.</summary>
public sealed class WorkspaceNotices(SecurityNotices notices)
{
    /// <param name="kind">One of <see cref="Contracts.SecurityNoticeKinds"/>.</param>
    public async Task NotifyAdminsAsync(UnitOfWork work, Guid workspaceId, string kind, string name, CancellationToken cancellationToken)
    {
        var admins = await work.QueryAsync<Guid>(
            "select user_id from members where workspace_id = @workspaceId and role in ('owner', 'admin') order by user_id",
            new { workspaceId }, cancellationToken);
        foreach (var admin in admins)
        {
            await notices.RaiseAsync(work, admin, kind, name, cancellationToken: cancellationToken);
        }
    }
}
