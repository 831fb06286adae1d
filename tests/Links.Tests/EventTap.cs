using System.Collections.Concurrent;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;

namespace LinkShort.Links.Tests;

/// <summary>Subscribes to the broker like another service, and keeps all messages including duplicates.</summary>
public sealed class EventTap : IAsyncDisposable
{
    private readonly IBusControl _bus;
    private readonly ConcurrentQueue<(Guid? MessageId, object Message)> _received = new();
    private readonly ConcurrentQueue<AuditRecorded> _audited = new();
    private readonly ConcurrentQueue<object> _usage = new();

    private EventTap(string address, string? queue)
    {
        var uri = new Uri(address);
        var credentials = uri.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        _bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(uri, host =>
            {
                host.Username(credentials[0]);
                host.Password(credentials[1]);
            });
            if (queue is null)
            {
                rabbit.ReceiveEndpoint(new TemporaryEndpointDefinition(), null, Listen);
            }
            else
            {
                rabbit.ReceiveEndpoint(queue, Listen);
            }
        });

        void Listen(IReceiveEndpointConfigurator endpoint)
        {
            endpoint.Handler<LinkChanged>(context => Keep(context.MessageId, context.Message));
            endpoint.Handler<LinkRemoved>(context => Keep(context.MessageId, context.Message));
            endpoint.Handler<UsageCounted>(context => KeepUsage(context.Message));
            endpoint.Handler<UsageThresholdReached>(context => KeepUsage(context.Message));
            endpoint.Handler<AuditRecorded>(context =>
            {
                _audited.Enqueue(context.Message);
                return Task.CompletedTask;
            });
        }
    }

    /// <param name="queue">A durable queue, which keeps collecting while the broker restarts. Default: a temporary one.</param>
    public static async Task<EventTap> StartAsync(string address, string? queue = null)
    {
        var tap = new EventTap(address, queue);
        await tap._bus.StartAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        return tap;
    }

    /// <summary>The audit entries of a link, a workspace or a host, in chronological order.</summary>
    public Task<IReadOnlyList<AuditRecorded>> AuditedAsync(string target, int count) => Eventually.BecomesAsync(
        () => Task.FromResult<IReadOnlyList<AuditRecorded>>([.. _audited.Where(entry => entry.TargetId == target).OrderBy(entry => entry.At).ThenBy(entry => entry.EntryId)]),
        entries => entries.Count >= count);

    /// <summary>Waits for this number of events about usage.</summary>
    public Task<IReadOnlyList<T>> UsageAsync<T>(Func<T, bool> condition, int count) => Eventually.BecomesAsync(
        () => Task.FromResult<IReadOnlyList<T>>([.. _usage.OfType<T>().Where(condition)]), found => found.Count >= count);

    public IReadOnlyList<object> Of(Guid linkId) => [.. _received.Select(received => received.Message).Where(message => IdOf(message) == linkId)];

    public IReadOnlyList<LinkSnapshot> ChangesOf(Guid linkId) => [.. Of(linkId).OfType<LinkChanged>().Select(changed => changed.Link)];

    public IReadOnlyList<Guid?> MessageIdsOf(Guid linkId) =>
        [.. _received.Where(received => IdOf(received.Message) == linkId).Select(received => received.MessageId)];

    /// <summary>Waits for this number of events of a link.</summary>
    public Task<IReadOnlyList<object>> WaitForAsync(Guid linkId, int count, TimeSpan? within = null) =>
        Eventually.BecomesAsync(() => Task.FromResult(Of(linkId)), events => events.Count >= count, within);

    /// <summary>Publishes like another service.</summary>
    public Task PublishAsync<T>(T message) where T : class => _bus.Publish(message, context => context.MessageId = Guid.CreateVersion7());

    public async ValueTask DisposeAsync() => await _bus.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);

    private static Guid IdOf(object message) => message switch
    {
        LinkChanged changed => changed.Link.LinkId,
        LinkRemoved removed => removed.LinkId,
        _ => Guid.Empty,
    };

    private Task KeepUsage(object message)
    {
        _usage.Enqueue(message);
        return Task.CompletedTask;
    }

    private Task Keep(Guid? messageId, object message)
    {
        _received.Enqueue((messageId, message));
        return Task.CompletedTask;
    }
}
