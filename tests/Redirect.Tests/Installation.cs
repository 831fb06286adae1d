using System.Collections.Concurrent;
using System.Net;
using LinkShort.Clicks;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using MassTransit;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Tests;

/// <summary>
/// Replicas of redirect on real servers, a stand-in for links, and a bus on which a test acts as links (publishes changes) and as analytics
/// (receives clicks).
/// </summary>
public sealed class Installation : IAsyncDisposable
{
    private readonly IBusControl _bus;
    private readonly List<IAsyncDisposable> _replicas = [];

    private Installation(Dictionary<string, string?> settings, StandInLinks links, IBusControl bus, ConcurrentQueue<ClicksRecorded> batches, ConcurrentQueue<ClickLimitsReached> reached)
    {
        Settings = settings;
        Links = links;
        _bus = bus;
        Batches = batches;
        Reached = reached;
    }

    public Dictionary<string, string?> Settings { get; }

    public StandInLinks Links { get; }

    /// <summary>All batches that arrived in analytics' queue, duplicates included.</summary>
    public ConcurrentQueue<ClicksRecorded> Batches { get; }

    /// <summary>The messages that arrived in links' queue for reached click limits.</summary>
    public ConcurrentQueue<ClickLimitsReached> Reached { get; }

    /// <summary>The clicks as analytics counts them: each batch once, each click once.</summary>
    public IReadOnlyList<Click> Clicks => [.. Batches.DistinctBy(batch => batch.BatchId).SelectMany(ClicksOf).DistinctBy(click => click.ClickId)];

    public static IReadOnlyList<Click> ClicksOf(ClicksRecorded batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Packed is { } packed ? ClickBatch.Unpack(packed) : batch.Clicks;
    }

    /// <summary>The gateway's <c>X-Proxy-Key</c>, which makes its <c>X-Forwarded-*</c> trusted.</summary>
    public static string ProxyProof { get; } = new InternalKey(Options.Create(new InternalKeyOptions { Key = Servers.InternalKey })).ProxyKey;

    public string DataFolder => Settings["LINKSHORT_DATA"]!;

    /// <param name="listens">False to start without analytics' queue, until <see cref="ListenAsync"/>.</param>
    public static async Task<Installation> StartAsync(Servers servers, bool listens = true)
    {
        var links = await StandInLinks.StartAsync();
        var settings = await servers.SettingsAsync("redirectdb");
        settings["services:links:http:0"] = links.Address;
        links.Database = settings["ConnectionStrings:redirectdb"];
        // All visitors of these tests share one address; the test of the limit sets its own.
        settings["Redirect:UnknownCodesPermitLimit"] = "0";
        settings["Links:ShortUrlBase"] = "http://short.example";
        settings["LINKSHORT_DATA"] = Directory.CreateTempSubdirectory("redirect-tests-").FullName;
        var batches = new ConcurrentQueue<ClicksRecorded>();
        var reached = new ConcurrentQueue<ClickLimitsReached>();
        var address = new Uri(settings["ConnectionStrings:messaging"]!);
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(address, host =>
            {
                var credentials = address.UserInfo.Split(':', 2);
                host.Username(Uri.UnescapeDataString(credentials[0]));
                host.Password(Uri.UnescapeDataString(credentials[1]));
            });
            rabbit.ReceiveEndpoint("links-click-limits-reached", endpoint => endpoint.Handler<ClickLimitsReached>(context =>
            {
                reached.Enqueue(context.Message);
                return Task.CompletedTask;
            }));
            rabbit.ReceiveEndpoint("analytics-clicks-recorded", endpoint =>
            {
                // Keeps the order of the queue.
                endpoint.ConcurrentMessageLimit = 1;
                endpoint.Handler<ClicksRecorded>(context =>
                {
                    batches.Enqueue(context.Message);
                    return Task.CompletedTask;
                });
            });
        });
        var installation = new Installation(settings, links, bus, batches, reached);
        if (listens)
        {
            await installation.ListenAsync();
        }

        return installation;
    }

    /// <summary>Declares analytics' queue and receives from it.</summary>
    public Task ListenAsync() => _bus.StartAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);

    /// <summary>A replica in the test's process, on a real socket.</summary>
    /// <param name="clock">The replica's clock; the system clock by default.</param>
    public async Task<Replica> AddReplicaAsync(TimeProvider? clock = null)
    {
        var replica = await Replica.StartAsync(Settings, clock);
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>A replica in its own process, which can be killed.</summary>
    public async Task<ReplicaProcess> AddProcessAsync()
    {
        var process = await ReplicaProcess.StartAsync(Settings);
        _replicas.Add(process);
        return process;
    }

    /// <summary>Creates a link in links and publishes it.</summary>
    public async Task<LinkSnapshot> CreateAsync(LinkSnapshot link)
    {
        ArgumentNullException.ThrowIfNull(link);
        Links.Links[link.Code] = link;
        await PublishAsync(new LinkChanged(link));
        return link;
    }

    public async Task RemoveAsync(LinkSnapshot link)
    {
        ArgumentNullException.ThrowIfNull(link);
        Links.Links.TryRemove(link.Code, out _);
        await PublishAsync(Removed(link));
    }

    public Task PublishAsync<T>(T @event) where T : class => _bus.Publish(@event);

    public static LinkRemoved Removed(LinkSnapshot link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return new LinkRemoved(link.LinkId, link.WorkspaceId, link.Domain, link.Code, link.Version + 1, TimeProvider.System.GetUtcNow());
    }

    public static LinkSnapshot Link(string code, string destination = "https://example.com/", int redirectType = 302) => new(
        Guid.CreateVersion7(), Guid.CreateVersion7(), "", code, destination, redirectType, null, null, false, 1, TimeProvider.System.GetUtcNow());

    public static string NewCode() => Guid.NewGuid().ToString("N")[..10];

    public Task ClicksBecomeAsync(int count, TimeSpan? within = null) =>
        Eventually.BecomesAsync(() => Task.FromResult(Clicks.Count), number => number == count, within);

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await _bus.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await Links.DisposeAsync();
        Directory.Delete(DataFolder, recursive: true);
    }
}

/// <summary>A client of a replica.</summary>
public abstract class ReplicaClient : IDisposable
{
    protected ReplicaClient(Uri address)
    {
        Address = address;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    /// <returns>The redirect's location, or the name of the status.</returns>
    public async Task<string> FollowAsync(string code)
    {
        using var response = await Http.GetAsync("/" + code);
        return (int)response.StatusCode is >= 300 and < 400 ? response.Headers.Location!.OriginalString : response.StatusCode.ToString();
    }

    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var response = await Http.GetAsync(path);
        return response.StatusCode;
    }

    /// <summary>/health as the gateway sees it.</summary>
    public async Task<string> HealthAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.Add(InternalKey.Header, Servers.InternalKey);
        using var response = await Http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Waits until the replica is healthy.</summary>
    public async Task IsReadyAsync() => await Eventually.BecomesAsync(
        HealthAsync, health => health.StartsWith("""{"status":"healthy""", StringComparison.Ordinal));

    public void Dispose()
    {
        Http.Dispose();
        GC.SuppressFinalize(this);
    }
}
