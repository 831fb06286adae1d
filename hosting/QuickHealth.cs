using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Checks unhealthy resources after 0.2, 0.4, 0.6 … and then every second. Aspire's own pauses are 1, 2, 3, 4 and then 5 s, and it has no
/// setting for them: whatever waits for a server that is ready after 7 s would start after 10 s.
/// </summary>
internal static class QuickHealth
{
    private const string Service = "Aspire.Hosting.Health.ResourceHealthCheckService";

    /// <summary>The pause grows by this with each unhealthy result, up to five times as much.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    public static void Apply(IServiceProvider services) =>
        SetStep(services.GetServices<IHostedService>().Single(service => service.GetType().FullName == Service), Step);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_NonHealthyHealthCheckStepInterval")]
    private static extern void SetStep([UnsafeAccessorType($"{Service}, Aspire.Hosting")] object service, TimeSpan step);
}
