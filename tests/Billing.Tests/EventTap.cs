using System.Collections.Concurrent;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;

namespace LinkShort.Billing.Tests;

/// <summary>Subscribes to the broker like the other services, and keeps all messages.</summary>
public sealed class EventTap : IAsyncDisposable
{
    private readonly IBusControl _bus;
    private readonly ConcurrentQueue<object> _received = new();

    private EventTap(string address)
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
            rabbit.ReceiveEndpoint(new TemporaryEndpointDefinition(), null, endpoint =>
            {
                endpoint.Handler<SubscriptionChanged>(context => Keep(context.Message));
                endpoint.Handler<DefaultPlanChanged>(context => Keep(context.Message));
                endpoint.Handler<BillingNoticeRaised>(context => Keep(context.Message));
                endpoint.Handler<AuditRecorded>(context => Keep(context.Message));
                endpoint.Handler<ErasureCompleted>(context => Keep(context.Message));
                endpoint.Handler<ExportPartReady>(context => Keep(context.Message));
            });
        });

        Task Keep(object message)
        {
            _received.Enqueue(message);
            return Task.CompletedTask;
        }
    }

    public static async Task<EventTap> StartAsync(string address)
    {
        var tap = new EventTap(address);
        await tap._bus.StartAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        return tap;
    }

    public IReadOnlyList<T> Of<T>(Func<T, bool> condition) => [.. _received.OfType<T>().Where(condition)];

    /// <summary>Waits for this number of events.</summary>
    public Task<IReadOnlyList<T>> WaitForAsync<T>(Func<T, bool> condition, int count = 1) =>
        Eventually.BecomesAsync(() => Task.FromResult(Of(condition)), found => found.Count >= count);

    public Task<IReadOnlyList<SubscriptionChanged>> PlansOfAsync(Guid workspace, int count = 1) =>
        WaitForAsync<SubscriptionChanged>(changed => changed.WorkspaceId == workspace, count);

    public Task<IReadOnlyList<AuditRecorded>> AuditOfAsync(Guid workspace, string action, int count = 1) =>
        WaitForAsync<AuditRecorded>(entry => entry.WorkspaceId == workspace && entry.Action == action, count);

    public Task<IReadOnlyList<BillingNoticeRaised>> NoticesOfAsync(Guid workspace, string kind, int count = 1) =>
        WaitForAsync<BillingNoticeRaised>(notice => notice.WorkspaceId == workspace && notice.Kind == kind, count);

    /// <summary>Publishes like another service.</summary>
    public Task PublishAsync<T>(T message, Guid? id = null) where T : class => _bus.Publish(message, context => context.MessageId = id ?? Guid.CreateVersion7());

    public async ValueTask DisposeAsync() => await _bus.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
}
