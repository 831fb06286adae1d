using System.Text.Json;
using System.Text.Json.Serialization;
using LinkShort.Gateway.Forwarding;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Health;

namespace LinkShort.Gateway.Health;

/// <summary>
/// <c>GET /health</c>: <c>{"status":"healthy","services":{"identity":"healthy",…}}</c>, 200 if every service is ready and 503
/// otherwise; <c>problems</c> holds each service's own description of what is missing since when. All services are checked
/// concurrently, and at most once a second, so that clients can't flood them through this endpoint.
/// </summary>
internal sealed class ServiceHealth(Upstreams upstreams, InternalKey key, HealthHistory history, TimeProvider time)
{
    /// <summary>The key for problems of a service as a whole, next to those of its dependencies.</summary>
    private const string TheService = "service";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
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
        var answers = await Task.WhenAll(ServiceRoutes.Services.Select(AskAsync));
        var states = ServiceRoutes.Services.Zip(answers).ToDictionary(pair => pair.First, pair => pair.Second.Status!);
        var worst = states.ContainsValue(Unhealthy) ? Unhealthy : states.ContainsValue(Degraded) ? Degraded : Healthy;
        var problems = ServiceRoutes.Services.Zip(answers)
            .Where(pair => pair.Second.Problems is { Count: > 0 })
            .ToDictionary(pair => pair.First, pair => pair.Second.Problems!);
        return new Report(worst, states, problems.Count > 0 ? problems : null);
    }

    private async Task<Answer> AskAsync(string service)
    {
        var (answer, why) = await TryAskAsync(service);
        return history.Observe(service, why is null) is { } since
            ? answer with { Problems = new Dictionary<string, HealthProblem> { [TheService] = new(why!, since) } }
            : answer;
    }

    /// <returns>The service's report; if it can't be read, a description of the failure.</returns>
    private async Task<(Answer Answer, string? Why)> TryAskAsync(string service)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, (Uri?)null);
            // Redirect, whose port is public, tells others its status alone.
            request.Headers.Add(InternalKey.ProxyHeader, key.ProxyKey);
            using var response = await upstreams.SendAsync(service, request, "/health", Timeout, CancellationToken.None);
            var answer = await ReadAsync(response);
            return response.IsSuccessStatusCode
                // Ready, possibly without something that it can miss for a while (Redis, RabbitMQ).
                ? (answer with { Status = answer.Status == Degraded ? Degraded : Healthy }, null)
                : (answer with { Status = Unhealthy }, answer.Problems is { Count: > 0 } ? null : "The service is not ready.");
        }
        catch (TimeoutException)
        {
            return (new Answer(Unhealthy), "The service did not respond in time.");
        }
        catch (Exception exception) when (Outages.IsOutage(exception) || exception is IOException)
        {
            return (new Answer(Unhealthy), "The service can't be reached.");
        }
    }

    private static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        try
        {
            return JsonSerializer.Deserialize<Answer>(await response.Content.ReadAsStringAsync(), Json) ?? new Answer(Healthy);
        }
        catch (JsonException)
        {
            // The status code is enough.
            return new Answer(Healthy);
        }
    }

    private const string Healthy = "healthy";
    private const string Degraded = "degraded";
    private const string Unhealthy = "unhealthy";

    /// <summary>The part of a service's report that is used.</summary>
    private sealed record Answer(string? Status, IReadOnlyDictionary<string, HealthProblem>? Problems = null);

    private sealed record Report(
        string Status,
        IReadOnlyDictionary<string, string> Services,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, HealthProblem>>? Problems);
}
