using LinkShort.Gateway.Forwarding;
using LinkShort.Gateway.Routing;

namespace LinkShort.Gateway.Health;

/// <summary>
/// <c>GET /health</c>: <c>{"status":"healthy","services":{"identity":"healthy",…}}</c>, 200 while every service is ready and 503
/// otherwise. All are asked at once, and not again within a second, so that nobody can reach them through here.
/// </summary>
internal sealed class ServiceHealth(Upstreams upstreams, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task<Report>? _last;
    private long _askedAt;

    public async Task AnswerAsync(HttpContext context)
    {
        var report = await Current().WaitAsync(context.RequestAborted);
        context.Response.StatusCode = report.Status == Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        if (report.Status == Unhealthy)
        {
            context.Response.Headers.RetryAfter = "2";
        }

        await context.Response.WriteAsJsonAsync(report, context.RequestAborted);
    }

    private Task<Report> Current()
    {
        lock (_lock)
        {
            if (_last is null || (_last.IsCompleted && time.GetElapsedTime(_askedAt) >= Fresh))
            {
                _askedAt = time.GetTimestamp();
                _last = AskAllAsync();
            }

            return _last;
        }
    }

    private async Task<Report> AskAllAsync()
    {
        var states = await Task.WhenAll(RouteTable.Services.Select(AskAsync));
        var worst = states.Contains(Unhealthy) ? Unhealthy : states.Contains(Degraded) ? Degraded : Healthy;
        return new Report(worst, RouteTable.Services.Zip(states).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    private async Task<string> AskAsync(string service)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, (Uri?)null);
            using var response = await upstreams.SendAsync(service, request, "/health", Timeout, CancellationToken.None);
            if (!response.IsSuccessStatusCode)
            {
                return Unhealthy;
            }

            // Ready, but without something that it can do without for a while (Redis, RabbitMQ).
            return (await response.Content.ReadAsStringAsync()).Contains($"\"status\":\"{Degraded}\"", StringComparison.OrdinalIgnoreCase) ? Degraded : Healthy;
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException or IOException)
        {
            return Unhealthy;
        }
    }

    private const string Healthy = "healthy";
    private const string Degraded = "degraded";
    private const string Unhealthy = "unhealthy";

    private sealed record Report(string Status, IReadOnlyDictionary<string, string> Services);
}
