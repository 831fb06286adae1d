namespace LinkShort.AppHost;

internal static class ReplicasExtensions
{
    /// <summary>References all replicas under the service's name for service discovery: <c>services__{service}__http__{n}</c>.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicasOf(
        this IResourceBuilder<ProjectResource> project, string service, IReadOnlyList<IResourceBuilder<ProjectResource>> replicas, bool wait = true)
    {
        foreach (var (number, replica) in replicas.Index())
        {
            project
                .WithEnvironment($"services__{service}__http__{number}", replica.GetEndpoint("http"))
                .WithReferenceRelationship(replica);
            if (wait)
            {
                project.WaitFor(replica);
            }
        }

        return project;
    }
}
