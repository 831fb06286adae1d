using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting;

public static class EndpointExtensions
{
    /// <summary>
    /// Clients connect to the service itself, on this port. The app host's proxy in between halves the requests a second and spreads
    /// connections, not requests, over replicas; and while the service is down it accepts connections that nobody answers, so that clients
    /// wait for their time-out instead of being refused at once.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDirectEndpoint(this IResourceBuilder<ProjectResource> project, int port) =>
        project.WithEndpoint("http", endpoint =>
        {
            endpoint.Port = endpoint.TargetPort = port;
            endpoint.IsProxied = false;
        });
}
