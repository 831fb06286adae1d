using System.Diagnostics;
using LinkShort.Clicks;
using LinkShort.Contracts;

namespace LinkShort.Analytics.RecordClicks;

/// <summary>A received batch of clicks, in either form of the message.</summary>
/// <param name="Packed">The packed form of <paramref name="Clicks"/>.</param>
public sealed record ReceivedBatch(Guid BatchId, byte[] Packed, ClickBatch Clicks)
{
    /// <summary>W3C <c>traceparent</c> of the span that received it; null without tracing.</summary>
    public string? TraceParent { get; init; }

    /// <exception cref="ArgumentException">Not a batch.</exception>
    /// <exception cref="InvalidDataException">Damaged, or packed by a later version.</exception>
    public static ReceivedBatch Of(ClicksRecorded message)
    {
        // The previous version sent clicks unpacked.
        var packed = message.Packed ?? ClickBatch.Pack(message.Clicks ?? throw new ArgumentException("The batch has no clicks.", nameof(message)));
        return new ReceivedBatch(message.BatchId, packed, ClickBatch.Read(packed)) { TraceParent = Activity.Current?.Id };
    }
}
