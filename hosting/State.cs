using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Hosting;

/// <summary>
/// The state of the run in <c>apphost.json</c> of the data folder, for <c>./linkshort status</c>: one resource per line, so that a shell can read
/// it. Readable by its owner only, because it contains the dashboard's login link.
/// </summary>
internal sealed class State(string path, DistributedApplicationModel model)
{
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Every resource of the model is running and healthy.</summary>
    public bool IsReady => model.Resources.Where(IsPart).All(resource =>
        _entries.Values.Any(entry => entry.Name == resource.Name) && _entries.Values.Where(entry => entry.Name == resource.Name).All(entry => entry.IsReady));

    /// <summary>Excludes parameters, the dashboard, and resources that start on request only, such as Aspire's rebuild of a project.</summary>
    public bool IsPart(IResource resource) => model.Resources.Contains(resource) && !resource.IsDashboard()
        && resource is not ParameterResource && !resource.Annotations.OfType<ExplicitStartupAnnotation>().Any();

    /// <summary>The process that wrote the file; null if the file is missing or unreadable.</summary>
    public static int? ProcessId(string path)
    {
        try
        {
            using var state = JsonDocument.Parse(File.ReadAllText(path));
            return state.RootElement.GetProperty("pid").GetInt32();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <returns>The process id; null without a process.</returns>
    public static int? ProcessOf(CustomResourceSnapshot snapshot) =>
        snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value as int?;

    /// <param name="change">Of a resource for which <see cref="IsPart"/> is true.</param>
    /// <returns>Whether the state changed.</returns>
    public bool Take(ResourceEvent change)
    {
        var snapshot = change.Snapshot;
        var before = _entries.GetValueOrDefault(change.ResourceId);
        var after = new Entry(
            change.Resource.Name,
            snapshot.ResourceType.Replace(' ', '-'),
            snapshot.State?.Text ?? "Unknown",
            snapshot.HealthStatus?.ToString().ToLowerInvariant() ?? "-",
            before?.Starts ?? 0,
            ProcessOf(snapshot) ?? 0,
            snapshot.Urls.FirstOrDefault(url => !url.IsInternal)?.Url ?? "-",
            Reason(snapshot))
        { HasChecks = snapshot.HealthReports.Length > 0 };
        if (after.State == KnownResourceStates.Running && before?.State != KnownResourceStates.Running)
        {
            after = after with { Starts = after.Starts + 1 };
        }

        _entries[change.ResourceId] = after;
        return after != before;
    }

    public void Write(string app, string login)
    {
        var lines = _entries.Values.Select(entry =>
            $"    \"{entry.Name} {entry.Kind} {entry.State} {entry.Health} {Math.Max(0, entry.Starts - 1)} {entry.Process} {entry.Url}{(entry.Reason.Length > 0 ? " " + entry.Reason : "")}\"");
        using (var file = new StreamWriter(path + ".new", PrivateFiles.Options(FileMode.Create)))
        {
            file.Write($$"""
                {
                  "pid": {{Environment.ProcessId}},
                  "app": "{{app}}",
                  "dashboard": "{{login}}",
                  "resources": [
                {{string.Join(",\n", lines)}}
                  ]
                }

                """);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Why it isn't healthy, in one line that needs no escape in JSON; empty if its checks give no reason.</summary>
    private static string Reason(CustomResourceSnapshot snapshot) => string.Join(' ', snapshot.HealthReports
        .Where(report => report.Status is HealthStatus.Degraded or HealthStatus.Unhealthy && report.Description is { Length: > 0 })
        .Select(report => report.Description!.ReplaceLineEndings(" ").Replace('"', '\'').Replace('\\', '/')));

    private sealed record Entry(string Name, string Kind, string State, string Health, int Starts, int Process, string Url, string Reason)
    {
        public bool HasChecks { get; init; }

        public bool IsReady => (State == KnownResourceStates.Running || State == KnownResourceStates.Active) && (HasChecks ? Health is "healthy" or "degraded" : true);
    }
}
