using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Plans;
using MassTransit;

namespace LinkShort.Identity.Plans;

/// <summary>
/// The plan of all workspaces without one of their own. Tokens state it when they are next refreshed: operators change it rarely, and revoking
/// everybody's tokens at once would sign in the whole installation again.
/// </summary>
public sealed class DefaultWorkspacePlanConsumer(Database database) : IConsumer<DefaultPlanChanged>
{
    public async Task Consume(ConsumeContext<DefaultPlanChanged> context)
    {
        var (entitlements, version) = (context.Message.Entitlements, context.Message.Version);
        await using var work = await database.BeginAsync(context.CancellationToken);
        // Repeated every minute; only a new version has anything to change.
        if (await WorkspacePlans.StoreAsync(work, WorkspacePlans.Default, entitlements, version, context.CancellationToken))
        {
            await work.ExecuteAsync(
                """
                -- every workspace: those without a plan of their own
                update workspaces w set plan = @Plan, api_limit_factor = @ApiLimitFactor
                where not exists (select from workspace_plans p where p.workspace_id = w.id)
                    and (plan, api_limit_factor) is distinct from (@Plan, @ApiLimitFactor)
                """,
                new { entitlements.Plan, entitlements.ApiLimitFactor }, context.CancellationToken);
            await work.CommitAsync(context.CancellationToken);
        }
    }
}
