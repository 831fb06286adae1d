namespace LinkShort.Redirect.Clicks;

/// <summary>Limits how fast a backlog is published. Normal traffic is far below the limit and never waits.</summary>
/// <param name="clicksPerSecond">The long-term average.</param>
internal sealed class PublishPace(int clicksPerSecond, TimeProvider time)
{
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(20);

    // When everything published so far is due at this rate.
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
