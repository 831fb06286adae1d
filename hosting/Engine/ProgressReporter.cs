using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting.Engine;

/// <summary>Tells the person at the terminal how the start goes: one line per resource, then where the application is.</summary>
internal sealed class ProgressReporter(ApplicationEngine engine, ResourceNotificationService notifications, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = time.GetTimestamp();
        var shown = new Dictionary<string, string>();
        var announced = false;
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (change.Snapshot.ResourceType == "Parameter")
            {
                continue;
            }

            var now = notifications.IsHealthy(change.ResourceId) ? "ready" : change.Snapshot.State?.Text switch
            {
                KnownResourceStates.FailedToStart => "failed to start",
                KnownResourceStates.Exited when change.Snapshot.ExitCode is not null && !engine.IsStopping => FormattableString.Invariant($"ended with exit code {change.Snapshot.ExitCode}, starting again"),
                _ => null,
            };
            if (now is null || (shown.TryGetValue(change.ResourceId, out var last) && last == now))
            {
                continue;
            }

            shown[change.ResourceId] = now;
            var urls = string.Join(' ', change.Snapshot.Urls.Where(url => !url.IsInternal).Select(url => url.Url));
            Say(string.Create(CultureInfo.InvariantCulture, $"{time.GetElapsedTime(started).TotalSeconds,6:F1} s  {change.ResourceId,-14} {now,-8} {(now == "ready" ? urls : "")}").TrimEnd());
            if (!announced && engine.AutoStarted.All(instance => notifications.IsHealthy(instance.Id)))
            {
                announced = true;
                var front = engine.Instances.SelectMany(instance => instance.Resource.Annotations.OfType<EndpointAnnotation>()).FirstOrDefault(endpoint => endpoint.IsExternal);
                Say("");
                Say(front?.AllocatedEndpoint is { } address ? $"LinkShort is at {address}" : "Everything is running.");
                Say("Ctrl-C stops it.");
            }
        }
    }

    private static void Say(string line) => Console.Out.WriteLine(line);
}
