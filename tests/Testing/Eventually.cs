using System.Diagnostics;

namespace LinkShort.Testing;

/// <summary>Waits for a condition instead of for a time. The limits are generous: they cost nothing when the condition comes early.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Tries until <paramref name="assertion"/> no longer throws; the last failure is the test's.</summary>
    /// <param name="pause">Between attempts, where these cost the tested processes the time that they need; 20 ms by default.</param>
    public static async Task PassesAsync(Func<Task> assertion, TimeSpan? within = null, TimeSpan? pause = null)
    {
        var clock = Stopwatch.StartNew();
        var limit = within ?? Limit;
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (clock.Elapsed < limit)
            {
                await Task.Delay(pause ?? Pause);
            }
        }
    }

    /// <summary>Asks until the answer satisfies <paramref name="condition"/>, and returns it.</summary>
    /// <exception cref="TimeoutException">It never did; the message carries the last answer.</exception>
    public static async Task<T> BecomesAsync<T>(Func<Task<T>> ask, Func<T, bool> condition, TimeSpan? within = null)
    {
        var clock = Stopwatch.StartNew();
        var limit = within ?? Limit;
        while (true)
        {
            var answer = await ask();
            if (condition(answer))
            {
                return answer;
            }

            if (clock.Elapsed > limit)
            {
                throw new TimeoutException($"Not within {limit}. The last answer was: {answer}");
            }

            await Task.Delay(Pause);
        }
    }
}
