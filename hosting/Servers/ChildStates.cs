using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting.Servers;

/// <summary>Gives databases the state of their server, which AddPostgres and the like do for containers only.</summary>
internal sealed class ChildStates(DistributedApplicationModel model, ResourceNotificationService notifications) : IResourceFollower
{
    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);

    public async Task TakeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        if (change.Resource is not (NativeServerResource or ExternalServerResource)
            || change.Snapshot.State?.Text is not { } state || _states.GetValueOrDefault(change.Resource.Name) == state)
        {
            return;
        }

        _states[change.Resource.Name] = state;
        foreach (var child in model.Resources.Where(resource => resource is IResourceWithParent child && child.Parent.Name == change.Resource.Name))
        {
            await notifications.PublishUpdateAsync(child, snapshot => snapshot with
            {
                State = change.Snapshot.State,
                StartTimeStamp = change.Snapshot.StartTimeStamp,
                StopTimeStamp = change.Snapshot.StopTimeStamp,
            });
        }
    }
}
