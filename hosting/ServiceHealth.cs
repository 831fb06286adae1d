using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Hosting;

public static class ServiceHealthExtensions
{
    /// <summary>
    /// Checks a service by its <c>/health</c>: its status, with what it says about its problems as the description. Aspire's own check reads the
    /// status code alone, and a degraded service answers 200. What waits for the service starts when that is healthy or degraded.
    /// </summary>
    /// <param name="internalKey">Redirect, whose port is public, describes its problems only to those that prove to know the key.</param>
    public static IResourceBuilder<ProjectResource> WithServiceHealth(this IResourceBuilder<ProjectResource> project, IResourceBuilder<ParameterResource> internalKey)
    {
        ArgumentNullException.ThrowIfNull(project);
        ArgumentNullException.ThrowIfNull(internalKey);
        var name = $"{project.Resource.Name}_health";
        var endpoint = project.GetEndpoint("http");
        project.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name, new ServiceHealthCheck(() => endpoint.IsAllocated ? new Uri(endpoint.Url) : null, internalKey.Resource.GetValueAsync, TimeProvider.System), failureStatus: null, tags: null));
        return project.WithHealthCheck(name).WithAnnotation(new ServiceHealthAnnotation());
    }
}

/// <summary>Marks a resource with a <see cref="ServiceHealthCheck"/>.</summary>
internal sealed class ServiceHealthAnnotation : IResourceAnnotation;

/// <param name="address">Of the service; null while it has none.</param>
/// <param name="internalKey">The value of <c>Internal__Key</c>.</param>
internal sealed class ServiceHealthCheck(Func<Uri?> address, Func<CancellationToken, ValueTask<string?>> internalKey, TimeProvider time) : IHealthCheck
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>
    /// How long a degraded result is repeated. Whatever isn't healthy is checked each second (<see cref="QuickHealth"/>); a service may be degraded for
    /// days, and the gateway's report asks all services, each of which asks its servers.
    /// </summary>
    private static readonly TimeSpan DegradedFor = TimeSpan.FromSeconds(5);

    private (HealthCheckResult Result, long At)? _degraded;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_degraded is { } degraded && time.GetElapsedTime(degraded.At) < DegradedFor)
        {
            return degraded.Result;
        }

        var result = await AskAsync(cancellationToken);
        _degraded = result.Status == HealthStatus.Degraded ? (result, time.GetTimestamp()) : null;
        return result;
    }

    private async Task<HealthCheckResult> AskAsync(CancellationToken cancellationToken)
    {
        if (address() is not { } service)
        {
            return HealthCheckResult.Unhealthy("It has no address yet.");
        }

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service, "/health"));
            request.Headers.Add("X-Proxy-Key", ProxyKey(await internalKey(cancellationToken) ?? ""));
            using var response = await Http.SendAsync(request, cancellationToken);
            return Read(await response.Content.ReadAsStringAsync(cancellationToken), response.IsSuccessStatusCode);
        }
        catch (HttpRequestException)
        {
            return HealthCheckResult.Unhealthy("It can't be reached.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("It did not respond in time.");
        }
    }

    /// <summary>The same as InternalKey.ProxyKey of ServiceDefaults: it proves the key, and grants no access to a process that has taken the port.</summary>
    public static string ProxyKey(string internalKey) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(internalKey), "forwarded"u8));

    private static HealthCheckResult Read(string answer, bool isSuccess)
    {
        try
        {
            using var report = JsonDocument.Parse(answer);
            var problems = report.RootElement.TryGetProperty("problems", out var named) ? Problems("", named).ToArray() : [];
            var description = problems.Length > 0 ? string.Join(" ", problems) : null;
            var status = report.RootElement.GetProperty("status").GetString();
            return !isSuccess ? HealthCheckResult.Unhealthy(description ?? "It is not ready.")
                : status == "degraded" ? HealthCheckResult.Degraded(description)
                : HealthCheckResult.Healthy(description);
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return HealthCheckResult.Unhealthy("Its /health has no report.");
        }
    }

    /// <summary>A service names its dependencies; the gateway names services, each with its dependencies.</summary>
    private static IEnumerable<string> Problems(string name, JsonElement problem) =>
        problem.TryGetProperty("why", out var why)
            ? [$"{name}: {why.GetString()}{(problem.TryGetProperty("since", out var since) ? $" Since {since.GetString()}." : "")}"]
            : problem.EnumerateObject().SelectMany(inner => Problems(name.Length > 0 ? $"{name}, {inner.Name}" : inner.Name, inner.Value));
}

/// <summary>
/// Lets what waits for a service start when that is degraded, too: it serves, and may be degraded for days. Aspire's own wait ends at healthy
/// alone, also when a process that died is started again.
/// </summary>
internal static class ServiceWaits
{
    public static void Apply(DistributedApplicationModel model, IDistributedApplicationEventing eventing, ResourceNotificationService notifications)
    {
        foreach (var resource in model.Resources)
        {
            var waits = resource.Annotations.OfType<WaitAnnotation>()
                .Where(wait => wait.WaitType == WaitType.WaitUntilHealthy && wait.Resource.Annotations.OfType<ServiceHealthAnnotation>().Any()).ToArray();
            if (waits.Length == 0)
            {
                continue;
            }

            foreach (var wait in waits)
            {
                // Still a wait, by which the stop is ordered.
                resource.Annotations.Remove(wait);
                resource.Annotations.Add(new WaitAnnotation(wait.Resource, WaitType.WaitUntilStarted));
            }

            eventing.Subscribe<BeforeResourceStartedEvent>(resource, async (_, cancellationToken) =>
            {
                await notifications.PublishUpdateAsync(resource, snapshot => snapshot with { State = KnownResourceStates.Waiting });
                await Task.WhenAll(waits.Select(wait => notifications.WaitForResourceAsync(
                    wait.Resource.Name, change => change.Snapshot.HealthStatus is HealthStatus.Healthy or HealthStatus.Degraded, cancellationToken)));
                await notifications.PublishUpdateAsync(resource, snapshot => snapshot with { State = KnownResourceStates.Starting });
            });
        }
    }
}
