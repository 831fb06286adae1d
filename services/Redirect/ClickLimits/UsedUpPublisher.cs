using System.Collections.Concurrent;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;

namespace LinkShort.Redirect.ClickLimits;

/// <summary>
/// Publishes which links' click limits are reached, for their owners. What couldn't be published is published again. A replica that stops
/// before that loses it, and the next visit of such a link, on any replica, reports it again.
/// </summary>
public sealed class UsedUpPublisher(IBus bus, TimeProvider time, ILogger<UsedUpPublisher> logger)
    : BackgroundJob("Publishing reached click limits", time, logger)
{
    private const int BatchSize = 500;
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, AdmittedVisits> _waiting = new();

    /// <param name="visits">Visits that were admitted so far.</param>
    public void Add(Guid workspaceId, Guid linkId, long visits) => _waiting[linkId] = new AdmittedVisits(workspaceId, linkId, visits);

    protected override TimeSpan Interval => TimeSpan.FromMilliseconds(500);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!_waiting.IsEmpty)
        {
            var batch = _waiting.Take(BatchSize).ToList();
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(PublishTimeout);
            try
            {
                await bus.Publish(new ClickLimitsReached([.. batch.Select(each => each.Value)]), context => context.RequireQueue(), timeout.Token);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new DependencyUnavailableException("RabbitMQ", exception);
            }

            foreach (var published in batch)
            {
                // Only if no higher number has been added since.
                _waiting.TryRemove(published);
            }
        }
    }
}
