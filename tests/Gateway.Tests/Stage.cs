using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using MassTransit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Gateway.Tests;

/// <summary>One or more gateways on real sockets, a stand-in for each service, real Redis and RabbitMQ.</summary>
public sealed class Stage : IAsyncDisposable
{
    public static readonly string[] Services = ["identity", "links", "analytics", "web", "redirect", "billing", "notification"];

    private readonly List<ServiceFactory<Program>> _factories = [];
    private readonly Dictionary<string, StandIn> _services = [];
    private readonly TokenIssuer _issuer;

    private Stage(TokenIssuer issuer) => _issuer = issuer;

    /// <summary>Clients of the gateways, which follow no redirects and add no headers.</summary>
    public IReadOnlyList<HttpClient> Gateways { get; private set; } = [];

    public HttpClient Gateway => Gateways[0];

    /// <summary>The gateways' settings.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; private set; } = new Dictionary<string, string?>();

    /// <summary>The first gateway's services.</summary>
    public IServiceProvider Inside => _factories[0].Services;

    /// <summary>The broker, as other services use it.</summary>
    public IBus Bus => _factories[0].Services.GetRequiredService<IBus>();

    public StandIn this[string service] => _services[service];

    public static async Task<Stage> StartAsync(
        ServersAndIssuer shared, int gateways = 1, IEnumerable<(string Key, string? Value)>? settings = null, TimeProvider? clock = null)
    {
        var stage = new Stage(shared.Issuer);
        var all = await shared.Servers.SettingsAsync(null);
        foreach (var (service, standIn) in Services.Zip(await Task.WhenAll(Services.Select(StandIn.StartAsync))))
        {
            stage._services[service] = standIn;
            all[$"services:{service}:http:0"] = standIn.Address;
        }

        stage["identity"].Answer = stage.ServeKeysAsync;
        foreach (var (key, value) in settings ?? [])
        {
            if (value is null)
            {
                all.Remove(key);
            }
            else
            {
                all[key] = value;
            }
        }

        stage.Settings = all;
        stage.Gateways = [.. Enumerable.Range(0, gateways).Select(_ => stage.StartGateway(all, clock))];
        return stage;
    }

    /// <summary>Resets the requests and responses of every stand-in.</summary>
    public void Reset()
    {
        foreach (var standIn in _services.Values)
        {
            standIn.Requests.Clear();
            standIn.Answer = null;
        }

        this["identity"].Answer = ServeKeysAsync;
    }

    /// <summary>The endpoint of identity that every gateway needs: its public keys. Tests can override it.</summary>
    public async Task ServeKeysAsync(HttpContext context)
    {
        if (context.Request.Path == "/.well-known/jwks.json")
        {
            using var client = new HttpClient();
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(await client.GetStringAsync(new Uri(_issuer.Address + "/.well-known/jwks.json")));
            return;
        }

        await context.Response.WriteAsJsonAsync(new { service = "identity", status = "healthy" });
    }

    /// <summary>Returns once every gateway receives events.</summary>
    public Task ListeningAsync() => Task.WhenAll(_factories.Select(factory => Eventually.BecomesAsync(
        () => Task.FromResult(factory.Services.GetRequiredService<IBusControl>().CheckHealth().Status),
        status => status == BusHealthStatus.Healthy)));

    private HttpClient StartGateway(IReadOnlyDictionary<string, string?> settings, TimeProvider? clock)
    {
        var factory = new ServiceFactory<Program>(settings, clock is null ? null : services => services.AddSingleton(clock));
        _factories.Add(factory);
        factory.UseKestrel();
        factory.StartServer();
        return new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = factory.ClientOptions.BaseAddress };
    }

    /// <summary>Sends a request like the web app: with the internal key, on behalf of the visitor at <paramref name="address"/>.</summary>
    public static HttpRequestMessage FromWeb(HttpMethod method, string path, string address)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add(InternalKey.Header, Servers.InternalKey);
        request.Headers.Add("X-Forwarded-For", address);
        return request;
    }

    public static HttpRequestMessage WithToken(HttpMethod method, string path, string token)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Gateways)
        {
            client.Dispose();
        }

        foreach (var factory in _factories)
        {
            await factory.DisposeAsync();
        }

        foreach (var service in _services.Values)
        {
            await service.DisposeAsync();
        }
    }
}

public static class ResponseExtensions
{
    public static string? Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values)
        : response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values)
        : null;

    /// <summary>Asserts a complete problem of this type: status, media type, type and traceId.</summary>
    public static async Task<JsonObject> ShouldBeProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string slug)
    {
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, body);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = JsonNode.Parse(body)!.AsObject();
        problem["type"]!.GetValue<string>().ShouldBe("/problems/" + slug);
        problem["traceId"]!.GetValue<string>().ShouldNotBeEmpty();
        return problem;
    }
}

/// <summary>A stage for all tests of a class, with limits too high to matter; see <see cref="Stage.Reset"/>.</summary>
public sealed class SharedStage(ServersAndIssuer shared) : IAsyncLifetime
{
    public Stage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stage = await Stage.StartAsync(shared, settings:
    [
        ("RateLimits:Auth:PermitLimit", "10000"), ("RateLimits:CreateLink:PermitLimit", "10000"), ("RateLimits:ApiCall:PermitLimit", "10000"), ("RateLimits:FirstParty:PermitLimit", "10000"),
    ]);

    public ValueTask DisposeAsync() => Stage.DisposeAsync();
}

/// <summary>Two gateways with the default limits, for all tests of a class.</summary>
public sealed class TwoGateways(ServersAndIssuer shared) : IAsyncLifetime
{
    public Stage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stage = await Stage.StartAsync(shared, gateways: 2);

    public ValueTask DisposeAsync() => Stage.DisposeAsync();
}
