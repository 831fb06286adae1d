using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting;

internal static class ResourceExtensions
{
    /// <summary>By name: the dashboard is an ordinary executable of the model, and Aspire's constant for its name is internal.</summary>
    public static bool IsDashboard(this IResource resource) => resource.Name == "aspire-dashboard";
}
