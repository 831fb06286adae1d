using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

/// <summary>Tests that take parts of a whole system down, one after the other, on one that is not the others'.</summary>
[CollectionDefinition(nameof(TakenApart), DisableParallelization = true)]
public sealed class TakenApart : ICollectionFixture<OwnSystem>;

/// <summary>A whole system whose visitors come through a proxy that is believed (this machine).</summary>
public sealed class OwnSystem : IAsyncLifetime
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    public WholeSystem System { get; } = new()
    {
        Change = builder =>
        {
            foreach (var name in new[] { "redirect", "gateway" })
            {
                builder.CreateResourceBuilder<ProjectResource>(name).WithEnvironment("ForwardedHeaders__KnownNetworks", "127.0.0.0/8, ::1/128");
            }

            builder.CreateResourceBuilder<ProjectResource>("redirect").WithEnvironment("GeoIp__CheckInterval", "00:00:00.200");
        },
    };

    public ValueTask InitializeAsync() => System.InitializeAsync();

    /// <summary>Waits until every part is well.</summary>
    public async Task BackAsync()
    {
        using var timeout = new CancellationTokenSource(Recovery);
        await Eventually.PassesAsync(async () =>
        {
            using var http = LinkShortClient.Anonymous(System.Gateway);
            using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), timeout.Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(timeout.Token));
        }, Recovery);
        await System.HealthyAsync(timeout.Token, [.. WholeSystem.Services, "postgres", "cache", "messaging"]);
    }

    public ValueTask DisposeAsync() => System.DisposeAsync();
}
