namespace LinkShort.Redirect.Tests;

/// <summary>The system clock with an offset.</summary>
public sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Offset { get; set; }

    /// <summary>Sets the current time.</summary>
    public void SetTo(DateTimeOffset now) => Offset = now - System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}
