namespace LinkShort.ServiceDefaults;

/// <summary>
/// Wakes a job that waits for work. Raised several times before the job runs, it wakes it once, because a run handles all pending work.
/// </summary>
public class Signal : IDisposable
{
    private readonly SemaphoreSlim _raised = new(0, 1);

    public void Raise()
    {
        try
        {
            _raised.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // Already raised, or the job has stopped.
        }
    }

    /// <returns>Whether it was raised before the time ran out.</returns>
    public Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _raised.WaitAsync(atMost, cancellationToken);

    public void Dispose()
    {
        _raised.Dispose();
        GC.SuppressFinalize(this);
    }
}
