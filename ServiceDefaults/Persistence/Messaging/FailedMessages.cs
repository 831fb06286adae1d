using System.Runtime.ExceptionServices;
using MassTransit;
using MassTransit.Middleware;
using MassTransit.Middleware.Rescue;
using MassTransit.Transports;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>
/// Handles messages whose consumer has given up. In an outage the message returns to its queue until the outage is over. If it can't be
/// handled, it is parked with its reason in the queue's error queue, for an operator (docs/adr/0044). Temporary queues have no error queue: their
/// messages are dropped, because the replica reads again what it missed.
/// </summary>
internal sealed partial class FailedMessages(ParkedMessages parked, ILogger<FailedMessages> logger) : IEndpointConfigurationObserver
{
    public void EndpointConfigured<T>(T configurator) where T : IReceiveEndpointConfigurator
    {
        // Faults have no consumers; the error queue has the reason.
        configurator.PublishFaults = false;
        if (IsTemporary(configurator.InputAddress))
        {
            configurator.ConfigureError(failed =>
            {
                failed.UseFilter(new WaitForOutage());
                failed.UseFilter(new Drop(logger));
            });
            return;
        }

        var queue = QueueOf(configurator.InputAddress);
        var park = new Park(queue, parked, logger);
        parked.Add(queue);
        configurator.ConfigureError(failed =>
        {
            failed.UseFilter(new WaitForOutage());
            failed.UseFilter(park);
            failed.UseFilter(new GenerateFaultFilter());
            failed.UseFilter(new ErrorTransportFilter());
        });
        configurator.ConfigureDeadLetter(skipped => skipped.UseFilter(new ParkSkipped(park)));
    }

    private static string QueueOf(Uri address) => Uri.UnescapeDataString(address.AbsolutePath[(address.AbsolutePath.LastIndexOf('/') + 1)..]);

    private static bool IsTemporary(Uri address) =>
        address.Query.Contains("temporary=true", StringComparison.OrdinalIgnoreCase) || address.Query.Contains("autodelete=true", StringComparison.OrdinalIgnoreCase);

    private static Task NotifyAsync(ExceptionReceiveContext context) => context.IsFaulted ? Task.CompletedTask : context.NotifyFaulted(context.Exception);

    /// <summary>Rethrows the exception to the transport, which then returns the message to its place in the queue.</summary>
    private sealed class WaitForOutage : IFilter<ExceptionReceiveContext>
    {
        public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
        {
            if (Outages.IsOutage(context.Exception) || Outages.IsContention(context.Exception))
            {
                await NotifyAsync(context);
                ExceptionDispatchInfo.Throw(context.Exception);
            }

            await next.Send(context);
        }

        public void Probe(ProbeContext context) => context.CreateFilterScope("waitForOutage");
    }

    private sealed class Drop(ILogger logger) : IFilter<ExceptionReceiveContext>
    {
        public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
        {
            await NotifyAsync(context);
            Log.Dropped(logger, context.Exception, QueueOf(context.InputAddress));
        }

        public void Probe(ProbeContext context) => context.CreateFilterScope("drop");
    }

    private sealed class Park(string queue, ParkedMessages parked, ILogger logger) : IFilter<ExceptionReceiveContext>
    {
        public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
        {
            await next.Send(context);
            Note(context);
        }

        public void Note(ExceptionReceiveContext context)
        {
            parked.Parked(queue);
            Log.Parked(logger, context.Exception, context.GetMessageId(), queue);
        }

        public void Probe(ProbeContext context) => context.CreateFilterScope("park");
    }

    /// <summary>Parks a message of a type without a consumer in this queue, such as one that an older version subscribed to.</summary>
    private sealed class ParkSkipped(Park park) : IFilter<ReceiveContext>
    {
        public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
        {
            if (!context.TryGetPayload(out IErrorTransport? errorQueue))
            {
                throw new TransportUnavailableException("The error queue is not available.");
            }

            var failed = new RescueExceptionReceiveContext(
                context, new MessageNotConsumedException(context.InputAddress, "No consumer of this queue handles messages of this type."));
            await errorQueue.Send(failed);
            park.Note(failed);
        }

        public void Probe(ProbeContext context) => context.CreateFilterScope("parkSkipped");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A message in the temporary queue {Queue} could not be handled and was dropped.")]
        public static partial void Dropped(ILogger logger, Exception exception, string queue);

        [LoggerMessage(LogLevel.Error, "Message {MessageId} in {Queue} could not be handled and was parked. ./linkshort parked lists parked messages.")]
        public static partial void Parked(ILogger logger, Exception exception, Guid? messageId, string queue);
    }
}
