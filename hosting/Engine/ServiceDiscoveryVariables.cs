using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting.Engine;

/// <summary>How a process is told where another one listens, in Aspire's terms.</summary>
internal static class ServiceDiscoveryVariables
{
    /// <summary><c>services__{name}__{endpoint}__{i}</c>, one for each replica, and <c>{NAME}_{ENDPOINT}</c>.</summary>
    /// <param name="context">Filled.</param>
    /// <param name="target">Who is referred to.</param>
    /// <param name="endpointName">One endpoint; null for all.</param>
    public static async Task AddAsync(EnvironmentCallbackContext context, IResource target, string? endpointName)
    {
        foreach (var endpoint in target.Annotations.OfType<EndpointAnnotation>())
        {
            if (endpointName is not null && !string.Equals(endpoint.Name, endpointName, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var allocated = await endpoint.WhenAllocatedAsync(context.CancellationToken);
            context.EnvironmentVariables[$"{ResourceName.ToVariable(target.Name)}_{ResourceName.ToVariable(endpoint.Name)}"] = allocated.UriString;
            var index = 0;
            foreach (var port in endpoint.ReplicaPorts)
            {
                var url = string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://{endpoint.TargetHost}:{port}");
                context.EnvironmentVariables[string.Create(CultureInfo.InvariantCulture, $"services__{target.Name}__{endpoint.Name}__{index++}")] = url;
            }
        }
    }
}
