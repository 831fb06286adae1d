using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Plans;

namespace LinkShort.Identity.Plans;

/// <summary>Puts the plan into tokens. Those issued before are revoked, so that every service sees the new plan within a second or two.</summary>
public sealed class WorkspacePlanConsumer(Database database, Revocations revocations) : InboxConsumer<SubscriptionChanged>(database)
{
    protected override async Task HandleAsync(SubscriptionChanged message, UnitOfWork work, CancellationToken cancellationToken)
    {
        if (!await WorkspacePlans.StoreAsync(work, message.WorkspaceId, message.Entitlements, message.Version, cancellationToken))
        {
            return;
        }

        var changed = await work.ExecuteAsync(
            """
            update workspaces set plan = @Plan, api_limit_factor = @ApiLimitFactor
            where id = @WorkspaceId and (plan, api_limit_factor) is distinct from (@Plan, @ApiLimitFactor)
            """,
            new { message.WorkspaceId, message.Entitlements.Plan, message.Entitlements.ApiLimitFactor }, cancellationToken);
        if (changed == 1)
        {
            await revocations.RevokeAsync(work, RevocationKinds.Workspace, message.WorkspaceId.ToString(), cancellationToken, issuedTokensOnly: true);
        }
    }
}
