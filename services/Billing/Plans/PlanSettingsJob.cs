using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Billing.Plans;

/// <summary>
/// Brings changed settings to the other services: the default plan every minute, so that a service that is added later learns it, and the
/// workspaces whose plan allows something else since.
/// </summary>
public sealed class PlanSettingsJob(Database database, CurrentPlans current, PlanCatalog plans, TimeProvider time, ILogger<PlanSettingsJob> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Publishing plans";
    private const int Batch = 500;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);
    private bool _areApplied;

    protected override TimeSpan Interval => TimeSpan.FromMinutes(1);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        await PublishDefaultAsync(cancellationToken);
        if (!_areApplied)
        {
            // Settings only change with a restart.
            await ApplyAsync(cancellationToken);
            _areApplied = _failed.Waiting.Length == 0;
        }
    }

    private async Task PublishDefaultAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var version = await work.QuerySingleAsync<long>(
            """
            insert into default_plan as d (id, entitlements, version) values (1, @Text::jsonb, @Now)
            on conflict (id) do update set entitlements = excluded.entitlements,
                version = case when d.entitlements = excluded.entitlements then d.version else greatest(d.version + 1, excluded.version) end
            returning version
            """,
            new { Text = JsonSerializer.Serialize(plans.Default, Json), Now = Time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);
        work.Publish(new DefaultPlanChanged(plans.Default, version));
        await work.CommitAsync(cancellationToken);
    }

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Guid> page = [];
        do
        {
            await using (var connection = await database.OpenAsync(cancellationToken))
            {
                page = await connection.QueryAsync<Guid>(
                    "-- every workspace: those with a plan of their own, one page after the other\nselect workspace_id from current_plans where workspace_id > @After order by workspace_id limit @Batch",
                    new { After = page.Count > 0 ? page[^1] : Guid.Empty, Batch }, cancellationToken);
            }

            foreach (var workspaceId in page)
            {
                await _failed.TryAsync(workspaceId, () => ApplyAsync(workspaceId, cancellationToken), cancellationToken);
            }
        }
        while (page.Count == Batch);
    }

    private async Task ApplyAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await current.ApplyAsync(work, workspaceId, "settings", cancellationToken);
        await work.CommitAsync(cancellationToken);
    }
}
