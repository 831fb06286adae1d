using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LinkShort.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Identity.Tests;

public sealed partial class ObservabilityTests(IdentityApplication identity)
{
    [Fact]
    public async Task Logs_hold_no_password_token_key_or_address()
    {
        using var logs = new RecordedLogs();
        await using var host = IdentityApplication.Start(identity.Settings, services =>
        {
            services.AddSingleton<ILoggerProvider>(logs);
            services.Configure<LoggerFilterOptions>(options =>
            {
                options.MinLevel = LogLevel.Debug;
                options.Rules.Clear();
            });
        });
        var account = await Account.RegisterAsync(host);
        (await account.TryLogInAsync("Wrong-Horse-8-Battery")).Dispose();
        var tokens = await account.LogInAsync();
        using var client = host.CreateClient(tokens.AccessToken);
        using var created = await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "secretly-named", scopes = new[] { "links:read" } });
        var key = await created.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        using var inside = host.CreateInternalClient();
        (await inside.PostAsJsonAsync("/internal/api-keys/exchange", new { key = key.Key })).Dispose();
        using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
        var next = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        (await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken })).Dispose();
        (await client.PostAsJsonAsync("/api/v1/auth/register", new { email = account.Email, password = Account.Password })).Dispose();

        logs.Lines.ShouldNotBeEmpty();
        string[] secrets =
        [
            Account.Password, "Wrong-Horse-8-Battery", account.Email, account.Email.Split('@')[0],
            tokens.AccessToken, tokens.AccessToken.Split('.')[2], tokens.RefreshToken, next.RefreshToken, key.Key, key.Key[12..], Servers.InternalKey,
        ];
        foreach (var secret in secrets)
        {
            logs.Lines.ShouldNotContain(line => line.Contains(secret, StringComparison.OrdinalIgnoreCase), secret);
        }
    }

    [Fact]
    public async Task Sign_ups_sign_ins_and_reuses_are_counted()
    {
        await using var host = identity.Another();
        host.CreateClient().Dispose();
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == IdentityMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                instrument.Unit.ShouldNotBeNullOrEmpty();
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = instrument.Name["linkshort.identity.".Length..];
            foreach (var tag in tags)
            {
                name += "/" + tag.Value;
            }

            counted.AddOrUpdate(name, value, (_, sum) => sum + value);
        });
        listener.Start();

        var account = await Account.RegisterAsync(host);
        for (var i = 0; i < 5; i++)
        {
            (await account.TryLogInAsync("Wrong-Horse-8-Battery")).Dispose();
        }

        var tokens = await (await Account.RegisterAsync(host)).LogInAsync();
        using var client = host.CreateClient();
        for (var i = 0; i < 2; i++)
        {
            (await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken })).Dispose();
        }

        (await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = "nonsense" })).Dispose();
        counted.ToDictionary().ShouldBe(
            new Dictionary<string, long>
            {
                ["registrations"] = 2,
                ["logins/refused"] = 4,
                ["logins/locked_out"] = 1,
                ["logins/succeeded"] = 1,
                ["refreshes/rotated"] = 1,
                ["refreshes/reused"] = 1,
                ["refreshes/refused"] = 1,
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task The_description_names_every_public_operation_and_no_internal_one()
    {
        using var client = identity.Host.CreateClient();
        var description = JsonNode.Parse(await client.GetStringAsync("/openapi/v1.json"))!;
        var operations = description["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => (Path: path.Key, Method: operation.Key, Operation: operation.Value!)))
            .ToList();
        var mapped = identity.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (Path: "/" + endpoint.RoutePattern.RawText!.Trim('/'), Methods: endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []))
            .Where(endpoint => endpoint.Path.StartsWith("/api/", StringComparison.Ordinal) || endpoint.Path.StartsWith("/.well-known/", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Methods.Select(method => $"{method} {Unconstrained().Replace(endpoint.Path, "")}"))
            .ToList();
        mapped.Count.ShouldBeGreaterThan(60);
        operations.Select(operation => $"{operation.Method.ToUpperInvariant()} {operation.Path}").ShouldBe(mapped, ignoreOrder: true);
        operations.Select(operation => operation.Operation["operationId"]!.ToString()).ShouldBeUnique();
        operations.ShouldAllBe(operation => operation.Operation["summary"] != null && operation.Operation["tags"] != null);
    }

    /// <summary>Constraints of route parameters: {id:guid} is described as {id}.</summary>
    [GeneratedRegex(@":\w+(?=})")]
    private static partial Regex Unconstrained();

    private sealed class RecordedLogs : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => new Recorder(_lines);

        public void Dispose()
        {
        }

        private sealed class Recorder(ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull
            {
                lines.Enqueue(state.ToString() ?? "");
                return null;
            }

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }
}
