using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Billing.Grants;

/// <summary>Ends plans given by hand when they are due, one per transaction, so that replicas share the work.</summary>
public sealed class GrantExpiry(Database database, CurrentPlans current, AuditTrail audit, TimeProvider time, ILogger<GrantExpiry> logger)
    : BackgroundJob("Ending plans given by hand", time, logger)
{
    protected override TimeSpan Interval => TimeSpan.FromSeconds(30);

    public async Task EndDueAsync(CancellationToken cancellationToken)
    {
        while (await EndOneAsync(cancellationToken))
        {
        }
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => EndDueAsync(cancellationToken);

    private async Task<bool> EndOneAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var due = await work.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the next grant that has ended
            select workspace_id from plan_grants where ends_at <= @Now order by ends_at limit 1
            """,
            new { Now = Time.GetUtcNow() }, cancellationToken);
        if (due is not { } workspaceId)
        {
            return false;
        }

        // Locked before it is deleted, in the order of the operator's endpoints.
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        var ended = await work.ExecuteScalarAsync<string?>(
            "delete from plan_grants where workspace_id = @workspaceId and ends_at <= @Now returning plan",
            new { workspaceId, Now = Time.GetUtcNow() }, cancellationToken);
        if (ended is not null)
        {
            work.Publish(audit.Entry("subscription.grantEnded", "workspace", workspaceId, new { plan = ended }, new { reason = "ended" }, workspaceId));
            await current.ApplyAsync(work, workspaceId, "grant ended", cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        return true;
    }
}
