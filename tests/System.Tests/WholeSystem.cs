using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LinkShort.SystemTests;

[assembly: AssemblyFixture(typeof(WholeSystem))]

namespace LinkShort.SystemTests;

/// <summary>All of LinkShort as AppHost.cs describes it, with two replicas of redirect and of gateway, on free ports.</summary>
public sealed class WholeSystem : IAsyncLifetime
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    /// <summary>Every process of ours, in the order in which requests pass them.</summary>
    public static readonly string[] Services = ["gateway", "web", "identity", "links", "redirect", "analytics", "notification"];

    public DistributedApplication App { get; private set; } = null!;

    /// <summary>What is different from AppHost.cs besides.</summary>
    public Action<IDistributedApplicationTestingBuilder>? Change { get; init; }

    /// <summary>What browsers and API clients open, in front of both gateways.</summary>
    public Uri Gateway => App.GetEndpoint("gateway");

    public IReadOnlyList<Uri> Gateways => App.GetReplicaEndpoints("gateway");

    public IReadOnlyList<Uri> Redirects => App.GetReplicaEndpoints("redirect");

    public async ValueTask InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>();
        foreach (var name in new[] { "redirect", "gateway" })
        {
            builder.CreateResourceBuilder<ProjectResource>(name).WithReplicas(2);
        }

        // Tests poll as people don't. The other two limits stay as they are: each test has users of its own.
        builder.CreateResourceBuilder<ProjectResource>("gateway").WithEnvironment("RateLimits__ApiCall__PermitLimit", "100000");
        Change?.Invoke(builder);
        App = await builder.BuildAsync();
        using var timeout = new CancellationTokenSource(StartTimeout);
        await App.StartAsync(timeout.Token);
        await HealthyAsync(timeout.Token, Services);
    }

    public Task HealthyAsync(CancellationToken cancellationToken, params IEnumerable<string> names) =>
        Task.WhenAll(names.Select(name => App.ResourceNotifications.WaitForResourceHealthyAsync(name, cancellationToken)));

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
