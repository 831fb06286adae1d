using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Billing.Grants;

/// <summary>Ends granted plans when they are due, each in a transaction of its own.</summary>
public sealed class GrantExpiry(Database database, CurrentPlans current, AuditTrail audit, TimeProvider time, ILogger<GrantExpiry> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Ending granted plans";

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

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
        if (await NextAsync(cancellationToken) is not { } workspaceId)
        {
            return false;
        }

        await _failed.TryAsync(workspaceId, () => EndAsync(workspaceId, cancellationToken), cancellationToken);
        return true;
    }

    private async Task<Guid?> NextAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the next grant that has ended
            select workspace_id from plan_grants where ends_at <= @Now and workspace_id <> all(@Waiting) order by ends_at limit 1
            """,
            new { Now = Time.GetUtcNow(), _failed.Waiting }, cancellationToken);
    }

    private async Task EndAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
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
    }
}
