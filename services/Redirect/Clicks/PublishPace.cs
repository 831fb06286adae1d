namespace LinkShort.Redirect.Clicks;

/// <summary>Spreads the publishing of a backlog over time. What comes in day by day is far below it and never waits.</summary>
/// <param name="clicksPerSecond">In the long run.</param>
internal sealed class PublishPace(int clicksPerSecond, TimeProvider time)
{
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(20);

    // When all that was published would be, at the pace.
    private TimeSpan _due;
    private readonly long _start = time.GetTimestamp();

    public void Count(int clicks)
    {
        var earliest = time.GetElapsedTime(_start) - Burst;
        _due = (_due > earliest ? _due : earliest) + TimeSpan.FromSeconds((double)clicks / clicksPerSecond);
    }

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var ahead = _due - time.GetElapsedTime(_start);
        return ahead > TimeSpan.Zero ? Task.Delay(ahead, time, cancellationToken) : Task.CompletedTask;
    }
}
