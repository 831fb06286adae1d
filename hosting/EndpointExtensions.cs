using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting;

public static class EndpointExtensions
{
    /// <summary>
    /// Clients connect to the service itself, on this port. The app host's proxy in between halves the requests a second and spreads
    /// connections, not requests, over replicas. It also accepts connections while the service is down, so clients run into their timeout
    /// instead of being refused at once.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDirectEndpoint(this IResourceBuilder<ProjectResource> project, int port) =>
        project.WithEndpoint("http", endpoint =>
        {
            endpoint.Port = endpoint.TargetPort = port;
            endpoint.IsProxied = false;
        });
}
