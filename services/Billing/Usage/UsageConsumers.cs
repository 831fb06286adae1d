using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Billing.Usage;

/// <summary>Keeps the totals that other services count. A repeated or late event changes nothing: the highest version is kept.</summary>
public sealed class UsageCountedConsumer(Database database) : InboxConsumer<UsageCounted>(database)
{
    protected override Task HandleAsync(UsageCounted message, UnitOfWork work, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            """
            insert into usage as u (workspace_id, month, metric, value, version) values (@WorkspaceId, @Month, @Metric, @Value, @Version)
            on conflict (workspace_id, month, metric) do update set value = excluded.value, version = excluded.version where u.version < excluded.version
            """,
            message, cancellationToken);
}

/// <summary>Adds the calls that gateways counted. Each batch once: its id is that of the message.</summary>
public sealed class ApiCallsCountedConsumer(Database database) : InboxConsumer<ApiCallsCounted>(database)
{
    protected override Task HandleAsync(ApiCallsCounted message, UnitOfWork work, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            """
            insert into usage as u (workspace_id, month, metric, value, version)
            select workspace_id, @Month, @Metric, calls, 0 from unnest(@Workspaces, @Calls) as counted (workspace_id, calls) order by workspace_id
            on conflict (workspace_id, month, metric) do update set value = u.value + excluded.value
            """,
            new
            {
                message.Month, Metric = UsageMetrics.ApiCalls, Workspaces = message.Workspaces.Select(each => each.WorkspaceId).ToArray(),
                Calls = message.Workspaces.Select(each => each.Calls).ToArray(),
            },
            cancellationToken);
}

/// <summary>Informs the owners when a limit is nearly or completely used.</summary>
public sealed class UsageThresholdReachedConsumer(Database database) : InboxConsumer<UsageThresholdReached>(database)
{
    protected override Task HandleAsync(UsageThresholdReached message, UnitOfWork work, CancellationToken cancellationToken)
    {
        work.Publish(new BillingNoticeRaised(
            message.NoticeId, message.WorkspaceId, message.Percent >= 100 ? BillingNoticeKinds.LimitReached : BillingNoticeKinds.LimitNear,
            new BillingFacts { Limit = message.Limit, Used = message.Used, Allowed = message.Allowed }, message.At));
        return Task.CompletedTask;
    }
}
