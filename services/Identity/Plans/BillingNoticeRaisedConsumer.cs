using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Identity.Plans;

/// <summary>Addresses billing's emails to the workspace's owners; advertising only to those who agreed to it.</summary>
public sealed class BillingNoticeRaisedConsumer(Database database) : InboxConsumer<BillingNoticeRaised>(database)
{
    protected override async Task HandleAsync(BillingNoticeRaised message, UnitOfWork work, CancellationToken cancellationToken)
    {
        var owners = await work.QueryAsync<Owner>(
            """
            select u.id, u.email, u.name, u.locale, w.name as workspace
            from members m join users u on u.id = m.user_id join workspaces w on w.id = m.workspace_id
            where m.workspace_id = @WorkspaceId and m.role = 'owner'
                and (not @needsConsent or coalesce((
                    select granted from consents c where c.user_id = u.id and c.purpose = 'product-mail' order by c.id desc limit 1), false))
            """,
            new { message.WorkspaceId, needsConsent = BillingNoticeKinds.NeedConsent.Contains(message.Kind) }, cancellationToken);
        foreach (var owner in owners)
        {
            work.Publish(new BillingMailRequested(
                message.NoticeId, owner.Id, message.WorkspaceId, owner.Workspace, owner.Email, owner.Name, owner.Locale, message.Kind, message.Facts));
        }
    }

    private sealed record Owner(Guid Id, string Email, string? Name, string Locale, string Workspace);
}
