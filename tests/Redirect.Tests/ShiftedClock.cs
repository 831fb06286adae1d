namespace LinkShort.Redirect.Tests;

/// <summary>The real clock, some time ahead or behind.</summary>
public sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Offset { get; set; }

    /// <summary>Makes it this time now.</summary>
    public void SetTo(DateTimeOffset now) => Offset = now - System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}
