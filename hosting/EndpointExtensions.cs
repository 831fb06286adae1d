using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting;

public static class EndpointExtensions
{
    /// <summary>
    /// Makes the service listen on this port itself, without the app host's proxy, which halves the requests per second and distributes connections
    /// instead of requests over replicas. The proxy also accepts connections while the service is down, so clients time out instead of being
    /// refused at once.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDirectEndpoint(this IResourceBuilder<ProjectResource> project, int port) =>
        project.WithEndpoint("http", endpoint =>
        {
            endpoint.Port = endpoint.TargetPort = port;
            endpoint.IsProxied = false;
        });
}
