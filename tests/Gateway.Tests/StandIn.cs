using System.Collections.Concurrent;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace LinkShort.Gateway.Tests;

/// <summary>A replica of a service: records requests, and responds as the test wants.</summary>
public sealed class StandIn : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StandIn(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public ConcurrentQueue<Received> Requests { get; } = [];

    /// <summary>Revocations; only identity's stand-in is asked for them.</summary>
    public ConcurrentQueue<AccessRevoked> Revoked { get; } = [];

    /// <summary>By default, every request is answered 200 with the service's name.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    public static async Task<StandIn> StartAsync(string service)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var standIn = new StandIn(app);
        app.Run(async context =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            body.Position = 0;
            context.Request.Body = body;
            // Every gateway polls these, whatever the test is about. Forwarded requests carry the internal key.
            var isItsOwnQuestion = !context.Request.Headers.ContainsKey(InternalKey.ProxyHeader);
            if (isItsOwnQuestion && context.Request.Path == "/internal/revocations")
            {
                await context.Response.WriteAsJsonAsync(new CurrentRevocations("1", [.. standIn.Revoked]));
                return;
            }

            if (isItsOwnQuestion && context.Request.Path == "/internal/features")
            {
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }

            standIn.Requests.Enqueue(new Received(
                context.Request.Method,
                context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                Encoding.UTF8.GetString(body.ToArray())));
            if (standIn.Answer is { } answer)
            {
                await answer(context);
                return;
            }

            await context.Response.WriteAsJsonAsync(new { service, status = "healthy" });
        });
        await app.StartAsync();
        return standIn;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <param name="Target">As on the request line.</param>
public sealed record Received(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);
}
