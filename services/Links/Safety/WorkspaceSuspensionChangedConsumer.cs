using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Links.Safety;

/// <summary>Applies a workspace's suspension from the administration pages, like <c>./linkshort suspend workspace</c>.</summary>
public sealed class WorkspaceSuspensionChangedConsumer(Database database, TimeProvider time) : InboxConsumer<WorkspaceSuspensionChanged>(database)
{
    protected override async Task HandleAsync(WorkspaceSuspensionChanged message, UnitOfWork work, CancellationToken cancellationToken)
    {
        // Identity has recorded the operator and the reason.
        if (await Suspensions.WriteAsync(
            work, new SuspensionTarget(SuspensionTarget.Workspace, message.WorkspaceId.ToString()), message.Suspended, message.Reason, message.Version,
            time.GetUtcNow(), cancellationToken) is { } change)
        {
            work.Publish(change);
        }
    }
}
