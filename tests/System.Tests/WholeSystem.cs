using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LinkShort.SystemTests;
using LinkShort.Testing;

[assembly: AssemblyFixture(typeof(WholeSystem))]

namespace LinkShort.SystemTests;

/// <summary>
/// All of LinkShort as AppHost.cs describes it, with two replicas of redirect and of gateway, on free ports. Visitors may come through a
/// proxy on this machine. One for all tests: starting it takes both processors half a minute.
/// </summary>
public sealed class WholeSystem : IAsyncLifetime
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    /// <summary>Every process of ours, in the order in which requests pass them.</summary>
    public static readonly string[] Services = ["gateway", "web", "identity", "links", "redirect", "analytics", "notification"];

    public DistributedApplication App { get; private set; } = null!;

    /// <summary>What browsers and API clients open, in front of both gateways.</summary>
    public Uri Gateway => App.GetEndpoint("gateway");

    public IReadOnlyList<Uri> Gateways => App.GetReplicaEndpoints("gateway");

    public IReadOnlyList<Uri> Redirects => App.GetReplicaEndpoints("redirect");

    public async ValueTask InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>();
        foreach (var name in new[] { "redirect", "gateway" })
        {
            builder.CreateResourceBuilder<ProjectResource>(name).WithReplicas(2).WithEnvironment("ForwardedHeaders__KnownNetworks", "127.0.0.0/8, ::1/128");
        }

        // Tests poll as people don't. The other two limits stay as they are: each test has users of its own.
        builder.CreateResourceBuilder<ProjectResource>("gateway").WithEnvironment("RateLimits__ApiCall__PermitLimit", "100000");
        // The least that is allowed: every test signs somebody up.
        builder.CreateResourceBuilder<ProjectResource>("identity").WithEnvironment("Identity__PasswordHashIterations", "100000");
        builder.CreateResourceBuilder<ProjectResource>("redirect").WithEnvironment("GeoIp__CheckInterval", "00:00:00.200");
        App = await builder.BuildAsync();
        using var timeout = new CancellationTokenSource(StartTimeout);
        await App.StartAsync(timeout.Token);
        await HealthyAsync(timeout.Token, Services);
    }

    public Task HealthyAsync(CancellationToken cancellationToken, params IEnumerable<string> names) =>
        Task.WhenAll(names.Select(name => App.ResourceNotifications.WaitForResourceHealthyAsync(name, cancellationToken)));

    /// <summary>Waits until every part is well again.</summary>
    public async Task BackAsync()
    {
        using var timeout = new CancellationTokenSource(Recovery);
        await Eventually.PassesAsync(async () =>
        {
            using var http = LinkShortClient.Anonymous(Gateway);
            using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), timeout.Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(timeout.Token));
        }, Recovery);
        await HealthyAsync(timeout.Token, [.. Services, "postgres", "cache", "messaging"]);
    }

    /// <summary>A new account, signed in, talking to the gateway.</summary>
    public Task<LinkShortClient> NewUserAsync(Uri? gateway = null) => LinkShortClient.SignUpAsync(gateway ?? Gateway);

    public async ValueTask DisposeAsync()
    {
        if (App is not null)
        {
            await App.DisposeAsync();
        }
    }
}
