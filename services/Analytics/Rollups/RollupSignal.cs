namespace LinkShort.Analytics.Rollups;

/// <summary>Wakes the <see cref="Roller"/> right after raw clicks were committed; its polling is for what another replica stored.</summary>
public sealed class RollupSignal : IDisposable
{
    private readonly SemaphoreSlim _raised = new(0, 1);

    public void Raise()
    {
        try
        {
            _raised.Release();
        }
        catch (SemaphoreFullException)
        {
            // Raised already: the roller takes all that is there.
        }
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _raised.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _raised.Dispose();
}
