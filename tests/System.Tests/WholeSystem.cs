using System.Diagnostics;
using System.Globalization;
using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LinkShort.SystemTests;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

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

    /// <summary>All our processes, in the order of a request.</summary>
    public static readonly string[] Services = ["gateway", "web", "identity", "links", "redirect", "analytics", "notification", "billing"];

    private RunningModel _model = null!;

    public DistributedApplication App => _model.App;

    public string DataDirectory => _model.DataDirectory;

    /// <summary>The duration of the start until every service was healthy, which the time limits of this machine are derived from.</summary>
    public TimeSpan StartedIn { get; private set; }

    /// <summary>The address for browsers and API clients.</summary>
    public Uri Gateway => Gateways[0];

    public IReadOnlyList<Uri> Gateways => [.. Replicas("gateway").Select(name => App.GetEndpoint(name, "http"))];

    public IReadOnlyList<Uri> Redirects => [.. Replicas("redirect").Select(name => App.GetEndpoint(name, "http"))];

    public async ValueTask InitializeAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        var clock = Stopwatch.StartNew();
        _model = await RunningModel.StartAsync<Projects.AppHost>(
            ["--LINKSHORT_PORT=0", "--LINKSHORT_REDIRECT_PORT=0", "--Replicas:gateway=2", "--Replicas:redirect=2"], Configure, Services, timeout.Token);
        StartedIn = clock.Elapsed;
    }

    /// <summary>The resources of a service.</summary>
    public static IReadOnlyList<string> Replicas(string service) => service is "gateway" or "redirect" ? [service, $"{service}-2"] : [service];

    /// <summary>The processes of a service's replicas.</summary>
    public IReadOnlyList<int> ProcessIds(string service) => [.. Replicas(service).Select(_model.ProcessId).Where(id => id != 0)];

    /// <summary>kill -9 of every replica of a service, or of a server.</summary>
    /// <returns>The processes that were killed.</returns>
    public IReadOnlyList<int> Kill(string service) => [.. Replicas(service).Select(_model.Kill)];

    public Task StopAsync(string name) => _model.StopResourceAsync(name);

    public Task StartAsync(string name) => _model.StartResourceAsync(name);

    public Task HealthyAsync(CancellationToken cancellationToken, params IEnumerable<string> names) =>
        _model.HealthyAsync(cancellationToken, names.SelectMany(Replicas));

    /// <summary>Waits until the processors were mostly idle for a second, for half a minute at most: other processes may keep them busy.</summary>
    public static async Task AtRestAsync()
    {
        var (idle, total) = await ProcessorTimeAsync();
        for (var waited = 0; waited < 30; waited++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            var (idleBefore, totalBefore) = (idle, total);
            (idle, total) = await ProcessorTimeAsync();
            if (idle - idleBefore > (total - totalBefore) * 0.7)
            {
                return;
            }
        }
    }

    /// <summary>Of all processors, in ticks since the machine started: proc(5), /proc/stat.</summary>
    private static async Task<(long Idle, long Total)> ProcessorTimeAsync()
    {
        using var stat = File.OpenText("/proc/stat");
        var ticks = (await stat.ReadLineAsync())!.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return (ticks[3] + ticks[4], ticks.Take(8).Sum());
    }

    /// <summary>Waits until every service is healthy again.</summary>
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

    /// <summary>A client with the internal key, like an operator's.</summary>
    public async Task<HttpClient> OperatorAsync(Uri service)
    {
        var key = App.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<ParameterResource>().Single(parameter => parameter.Name == "internal-key");
        var http = LinkShortClient.Anonymous(service);
        http.DefaultRequestHeaders.Add("X-Internal-Key", await key.GetValueAsync(CancellationToken.None));
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        if (_model is not null)
        {
            await _model.DisposeAsync();
        }
    }

    private static void Configure(IDistributedApplicationTestingBuilder builder)
    {
        foreach (var name in Replicas("redirect").Concat(Replicas("gateway")))
        {
            builder.CreateResourceBuilder<ProjectResource>(name).WithEnvironment("ForwardedHeaders__KnownNetworks", "127.0.0.0/8, ::1/128");
        }

        foreach (var name in Replicas("gateway"))
        {
            // Tests poll more often than users. The other limits are the defaults: each test has its own users.
            builder.CreateResourceBuilder<ProjectResource>(name).WithEnvironment("RateLimits__ApiCall__PermitLimit", "100000").WithEnvironment("RateLimits__FirstParty__PermitLimit", "100000");
        }

        foreach (var name in Replicas("redirect"))
        {
            builder.CreateResourceBuilder<ProjectResource>(name).WithEnvironment("GeoIp__CheckInterval", "00:00:00.200");
        }

        // Without the dashboard each process would wait seconds for its collector when it stops.
        foreach (var name in Services.SelectMany(Replicas))
        {
            builder.CreateResourceBuilder<ProjectResource>(name)
                .WithEnvironment("OTEL_SDK_DISABLED", "true")
                // As in tests/Directory.Build.props: no process here runs long enough to benefit from it.
                .WithEnvironment("DOTNET_TieredPGO", "0");
        }

        // The lowest allowed value, because every test signs up users.
        builder.CreateResourceBuilder<ProjectResource>("identity").WithEnvironment("Identity__PasswordHashIterations", "100000");
    }
}
