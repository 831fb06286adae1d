using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Status;

/// <summary>What works at the moment, for everybody: the gateway's health in words.</summary>
public static class StatusEndpoints
{
    public const string Path = "/app/status";

    public static void AddStatus(this IServiceCollection services) =>
        services.AddHttpClient<SystemStatus>(http => http.BaseAddress = new Uri("https+http://gateway"));

    public static void MapStatus(this IEndpointRouteBuilder routes) => routes.MapGet(Path, ShowAsync).AllowAnonymous();

    private static async Task<RazorComponentResult<StatusPage>> ShowAsync(SystemStatus status, CancellationToken cancellationToken) =>
        new(new { Services = await status.ReadAsync(cancellationToken) });
}

/// <summary>Reads the gateway's <c>/health</c>.</summary>
public sealed partial class SystemStatus(HttpClient http, ILogger<SystemStatus> logger)
{
    /// <summary>In the order of what visitors notice first.</summary>
    private static readonly string[] Shown = ["redirect", "links", "analytics", "identity", "notification", "web"];

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <returns>Each service and its state: healthy, degraded or unhealthy. Null if the gateway doesn't answer.</returns>
    public async Task<IReadOnlyList<(string Service, string State)>?> ReadAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            using var response = await http.GetAsync(new Uri("/health", UriKind.Relative), timeout.Token);
            using var report = await response.Content.ReadFromJsonAsync<JsonDocument>(timeout.Token);
            var states = report!.RootElement.GetProperty("services");
            return [.. Shown.Where(name => states.TryGetProperty(name, out _)).Select(name => (name, states.GetProperty(name).GetString() ?? ""))];
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested
            && failure is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException or InvalidOperationException or Polly.ExecutionRejectedException)
        {
            Log.Unknown(logger, failure);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The gateway's health can't be read")]
        public static partial void Unknown(ILogger logger, Exception failure);
    }
}
