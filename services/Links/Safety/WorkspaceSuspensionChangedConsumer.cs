using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Links.Safety;

/// <summary>An operator suspended a workspace in the app: the same as <c>./linkshort suspend workspace</c> would do here.</summary>
public sealed class WorkspaceSuspensionChangedConsumer(Database database, TimeProvider time) : InboxConsumer<WorkspaceSuspensionChanged>(database)
{
    protected override async Task HandleAsync(WorkspaceSuspensionChanged message, UnitOfWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(work);
        // identity has recorded who did it, and why.
        if (await Suspensions.WriteAsync(
            work, new SuspensionTarget(SuspensionTarget.Workspace, message.WorkspaceId.ToString()), message.Suspended, message.Reason, message.Version,
            time.GetUtcNow(), cancellationToken) is { } change)
        {
            work.Publish(change);
        }
    }
}
