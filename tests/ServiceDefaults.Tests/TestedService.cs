using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Tests;

/// <summary>A service on a free port: ServiceDefaults, authentication, and the endpoints that a test maps.</summary>
internal sealed class TestedService : IAsyncDisposable
{
    public const string InternalKey = "0123456789abcdef0123456789abcdef";

    private TestedService(WebApplication app)
    {
        App = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public static async Task<TestedService> StartAsync(
        Action<WebApplication>? map = null,
        Action<WebApplicationBuilder>? configure = null,
        bool authentication = true,
        string environment = "Production",
        params (string Key, string Value)[] settings)
    {
        var app = Build(map, configure, authentication, environment, settings);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new TestedService(app);
    }

    public static WebApplication Build(
        Action<WebApplication>? map = null,
        Action<WebApplicationBuilder>? configure = null,
        bool authentication = true,
        string environment = "Production",
        params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "LinkShort.Tested", EnvironmentName = environment });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders().AddProvider(new CapturedLogs());
        builder.Configuration["Internal:Key"] = InternalKey;
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }

        builder.AddServiceDefaults();
        builder.AddHttpDefaults();
        if (authentication)
        {
            builder.AddTokenAuthentication();
        }

        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseHttpDefaults();
        if (authentication)
        {
            app.UseTokenAuthentication();
        }

        app.MapDefaultEndpoints();
        map?.Invoke(app);
        return app;
    }

    public CapturedLogs Logs => App.Services.GetServices<ILoggerProvider>().OfType<CapturedLogs>().Single();

    public T Get<T>() where T : notnull => App.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}

/// <summary>Keeps log entries with their exceptions. Also makes the framework create activities, as any logger does.</summary>
internal sealed class CapturedLogs : ILoggerProvider
{
    public ConcurrentQueue<(string Category, LogLevel Level, string Message, Exception? Exception)> Entries { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, this);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, CapturedLogs logs) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                logs.Entries.Enqueue((category, logLevel, formatter(state, exception), exception));
            }
        }
    }
}

internal static class ProblemAssertions
{
    /// <summary>The response is RFC 9457 problem details as documented in api.md, without internals.</summary>
    public static async Task<JsonObject> ShouldBeProblemAsync(this HttpResponseMessage response, int status, string slug)
    {
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", text);
        var problem = JsonNode.Parse(text)!.AsObject();
        problem["type"]!.GetValue<string>().ShouldBe("/problems/" + slug);
        problem["status"]!.GetValue<int>().ShouldBe(status);
        problem["title"]!.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
        problem["traceId"]!.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
        foreach (var inside in new[] { "   at ", "Exception", "System.", "LinkShort.", "Microsoft.", ".cs:line" })
        {
            text.ShouldNotContain(inside, Case.Sensitive);
        }

        return problem;
    }

    public static async Task ShouldBeInvalidAsync(this HttpResponseMessage response, params string[] fields)
    {
        var problem = await response.ShouldBeProblemAsync(400, "validation");
        problem["errors"]!.AsObject().Select(error => error.Key).ShouldBe(fields, ignoreOrder: true, problem.ToJsonString());
        problem["errors"]!.AsObject().ShouldAllBe(error => error.Value!.AsArray().Count > 0 && error.Value[0]!.GetValue<string>().Length > 5);
    }
}
