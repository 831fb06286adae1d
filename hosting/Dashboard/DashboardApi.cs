using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Hosting.Dashboard;

/// <summary>What the page and <c>./linkshort status</c> ask for.</summary>
internal static class DashboardApi
{
    private const string Mask = "••••••••";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static void MapDashboardApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api");
        api.MapGet("/resources", ListResources);
        api.MapGet("/resources/{id}", GetResource);
        api.MapPost("/resources/{id}/commands/{command}", ExecuteAsync);
        api.MapGet("/logs", StreamLogsAsync);
        api.MapGet("/status", Status);
        api.MapGet("/mail", (MailFolder mail) => mail.List());
        api.MapGet("/mail/{name}", GetMailAsync);
        api.MapGet("/mail/{name}/html", GetMailHtmlAsync);
    }

    private static IEnumerable<ResourceView> ListResources(ResourceNotificationService notifications, TelemetryReceiver telemetry) =>
        Ordered(notifications).Select(resource => ResourceView.Of(resource, telemetry.LastExport(resource.Resource.Name)));

    private static Results<Ok<ResourceDetails>, NotFound> GetResource(string id, ResourceNotificationService notifications, TelemetryReceiver telemetry) =>
        notifications.TryGetCurrentState(id, out var resource)
            ? TypedResults.Ok(new ResourceDetails(
                ResourceView.Of(resource, telemetry.LastExport(resource.Resource.Name)),
                [.. resource.Snapshot.EnvironmentVariables
                    .OrderBy(variable => variable.Name, StringComparer.Ordinal)
                    .Select(variable => new EnvironmentView(variable.Name, IsSecret(variable) ? Mask : variable.Value, variable.IsFromSpec))]))
            : TypedResults.NotFound();

    /// <summary>What holds a secret parameter, and what AppHost passes on under a telling name.</summary>
    private static bool IsSecret(EnvironmentVariableSnapshot variable) =>
        variable.IsSecret
        || SecretWords.Any(word => variable.Name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static readonly string[] SecretWords = ["password", "secret", "token", "apikey", "api_key", "credential", "connectionstrings__", "otlp_headers", "internal__key"];

    private static async Task<IResult> ExecuteAsync(string id, string command, ResourceCommandService commands, ResourceNotificationService notifications, HttpContext context)
    {
        if (!notifications.TryGetCurrentState(id, out var resource) || resource.Snapshot.Commands.All(known => known.Name != command))
        {
            return TypedResults.NotFound();
        }

        var result = await commands.ExecuteCommandAsync(id, command, context.RequestAborted);
        return TypedResults.Json(new { success = result.Success, message = result.Message }, Json, statusCode: result.Success ? 200 : 409);
    }

    /// <summary>Server-sent events: what is in memory, then every new line. Without <paramref name="resource"/>, of all.</summary>
    private static async Task StreamLogsAsync(HttpContext context, ResourceLoggerService logs, ResourceNotificationService notifications, string? resource = null, int tail = 1_000)
    {
        context.Response.ContentType = "text/event-stream";
        var ids = resource is null ? notifications.Snapshot().Select(known => known.ResourceId).ToArray() : [resource];
        // One line of backlog each is what many resources share; the page holds a few thousand lines in all.
        var each = Math.Max(50, Math.Clamp(tail, 1, ConsoleLog.Capacity) / Math.Max(1, ids.Length));
        var lines = Channel.CreateBounded<LogEntry>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest });
        var cancellation = context.RequestAborted;
        var pumps = ids.Select(id => PumpAsync(logs, id, each, lines.Writer, cancellation)).ToArray();
        try
        {
            var text = new StringBuilder();
            while (await lines.Reader.WaitToReadAsync(cancellation))
            {
                var batch = new List<LogEntry>();
                while (batch.Count < 500 && lines.Reader.TryRead(out var line))
                {
                    batch.Add(line);
                }

                batch.Sort((one, other) => one.At.CompareTo(other.At));
                text.Clear().Append("data: ").Append(JsonSerializer.Serialize(batch, Json)).Append("\n\n");
                await context.Response.WriteAsync(text.ToString(), cancellation);
                await context.Response.Body.FlushAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The browser looks elsewhere.
        }

        await Task.WhenAll(pumps).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task PumpAsync(ResourceLoggerService logs, string id, int backlog, ChannelWriter<LogEntry> lines, CancellationToken cancellationToken)
    {
        var first = true;
        await foreach (var batch in logs.WatchAsync(id, cancellationToken))
        {
            foreach (var line in first ? batch.Skip(Math.Max(0, batch.Count - backlog)) : batch)
            {
                await lines.WriteAsync(new LogEntry(id, line.LineNumber, line.ReadAt, line.Content, line.IsErrorMessage), cancellationToken);
            }

            first = false;
        }
    }

    /// <summary>The table that <c>./linkshort status</c> prints.</summary>
    private static string Status(HttpContext context, ResourceNotificationService notifications, DashboardAccess access)
    {
        var text = new StringBuilder();
        var format = CultureInfo.InvariantCulture;
        text.AppendLine(format, $"{"NAME",-18} {"KIND",-11} {"STATE",-12} {"HEALTH",-10} {"RESTARTS",8} {"MEMORY",8}  URL");
        foreach (var resource in Ordered(notifications))
        {
            var view = ResourceView.Of(resource, null);
            var memory = view.MemoryBytes is { } bytes ? $"{bytes / 1_048_576} MiB" : "";
            text.AppendLine(format, $"{view.Id,-18} {view.Kind,-11} {view.State,-12} {view.Health ?? "",-10} {view.Restarts,8} {memory,8}  {(view.Urls is [var url, ..] ? url.Url : "")}");
        }

        text.AppendLine().AppendLine(format, $"Dashboard: {context.Request.Scheme}://{context.Request.Host}/login?t={access.Token}");
        return text.ToString();
    }

    private static async Task<IResult> GetMailAsync(string name, MailFolder mail, CancellationToken cancellationToken) =>
        await mail.ReadAsync(name, cancellationToken) is { } message ? TypedResults.Ok(message with { Html = null }) : TypedResults.NotFound();

    /// <summary>The mail's own HTML, in a document that may run nothing and reach nothing.</summary>
    private static async Task<IResult> GetMailHtmlAsync(string name, MailFolder mail, HttpContext context)
    {
        if (await mail.ReadAsync(name, context.RequestAborted) is not { Html: { } html })
        {
            return TypedResults.NotFound();
        }

        context.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";
        return TypedResults.Content(html, "text/html; charset=utf-8");
    }

    private static IEnumerable<ResourceEvent> Ordered(ResourceNotificationService notifications) =>
        notifications.Snapshot()
            .Where(resource => resource.Resource is not ParameterResource)
            .OrderBy(resource => resource.Snapshot.ResourceType switch { "Project" => 0, "Executable" => 1, _ => 2 })
            .ThenBy(resource => resource.Snapshot.ParentName ?? resource.Resource.Name, StringComparer.Ordinal)
            .ThenBy(resource => resource.Snapshot.ParentName is not null)
            .ThenBy(resource => resource.ResourceId, StringComparer.Ordinal);
}

internal sealed record LogEntry(string Resource, long Number, DateTimeOffset At, string Text, bool IsError);

internal sealed record EnvironmentView(string Name, string? Value, bool IsFromSpec);

internal sealed record ResourceDetails(ResourceView Resource, IReadOnlyList<EnvironmentView> Environment);

/// <param name="Health">"healthy", "degraded", "unhealthy", or null while it isn't running.</param>
/// <param name="CpuCores">Share of one core.</param>
internal sealed record ResourceView(
    string Id,
    string Name,
    string Kind,
    string? Parent,
    string? Source,
    string State,
    string? Health,
    DateTimeOffset? HealthSince,
    IReadOnlyList<HealthView> Checks,
    DateTimeOffset? StartedAt,
    int Restarts,
    double? CpuCores,
    long? MemoryBytes,
    int? ProcessId,
    int? ExitCode,
    DateTimeOffset? TelemetryAt,
    IReadOnlyList<UrlView> Urls,
    IReadOnlyList<CommandView> Commands)
{
    public static ResourceView Of(ResourceEvent resource, DateTimeOffset? telemetryAt)
    {
        var snapshot = resource.Snapshot;
        return new ResourceView(
            resource.ResourceId,
            resource.Resource.Name,
            snapshot.ResourceType,
            snapshot.ParentName,
            snapshot.Source,
            snapshot.State?.Text ?? "Unknown",
            NameOf(snapshot.HealthStatus),
            snapshot.HealthSince,
            [.. snapshot.HealthReports.Select(report => new HealthView(report.Name, NameOf(report.Status), report.Description ?? report.ExceptionText))],
            snapshot.StartTimeStamp,
            snapshot.Restarts,
            snapshot.CpuCores,
            snapshot.MemoryBytes,
            snapshot.ProcessId,
            snapshot.ExitCode,
            telemetryAt,
            [.. snapshot.Urls.OrderBy(url => url.IsInternal).Select(url => new UrlView(url.Url, url.DisplayText, url.IsInternal))],
            [.. snapshot.Commands.Where(command => command.State != ResourceCommandState.Hidden).Select(command =>
                new CommandView(command.Name, command.DisplayName, command.DisplayDescription, command.ConfirmationMessage, command.State == ResourceCommandState.Enabled))]);
    }

    private static string? NameOf(HealthStatus? status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        HealthStatus.Unhealthy => "unhealthy",
        _ => null,
    };
}

internal sealed record HealthView(string Name, string? Status, string? Description);

internal sealed record UrlView(string Url, string? Text, bool IsInternal);

internal sealed record CommandView(string Name, string DisplayName, string? Description, string? Confirmation, bool IsEnabled);
