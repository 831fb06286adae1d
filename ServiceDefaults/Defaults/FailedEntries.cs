using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults;

/// <summary>
/// Entries that a job failed to handle, so that one bad entry doesn't hold up those behind it: it is retried after 1, 2, 4 … seconds, up to five
/// minutes, while the others are handled. In memory: after a restart, and in another replica, an entry is retried at once.
/// </summary>
/// <param name="what">What a run of the job does, for the log.</param>
public sealed partial class FailedEntries<TKey>(string what, TimeProvider time, ILogger logger) where TKey : notnull
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<TKey, (int Failures, DateTimeOffset DueAt)> _entries = new();

    /// <summary>Entries whose next attempt is not due yet.</summary>
    public TKey[] Waiting
    {
        get
        {
            var now = time.GetUtcNow();
            return [.. _entries.Where(entry => entry.Value.DueAt > now).Select(entry => entry.Key)];
        }
    }

    /// <summary>Handles an entry. A failure is logged and postpones the entry; only the cancellation throws.</summary>
    public async Task TryAsync(TKey key, Func<Task> handle, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handle);
        try
        {
            await handle();
            _entries.TryRemove(key, out _);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Forget();
            var failures = _entries.GetValueOrDefault(key).Failures + 1;
            var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(failures - 1, 20)), LongestPause.TotalSeconds));
            _entries[key] = (failures, time.GetUtcNow() + pause);
            Log.Failed(logger, exception, what, $"{key}", failures, pause);
        }
    }

    /// <summary>Entries that were deleted, or handled by another replica, never come again.</summary>
    private void Forget()
    {
        var before = time.GetUtcNow() - LongestPause;
        foreach (var key in _entries.Where(entry => entry.Value.DueAt < before).Select(entry => entry.Key))
        {
            _entries.TryRemove(key, out _);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning, "{What} failed for {Entry} ({Failures} in a row). The other entries are handled; its next attempt is in {Pause}.")]
        public static partial void Failed(ILogger logger, Exception exception, string what, string entry, int failures, TimeSpan pause);
    }
}
