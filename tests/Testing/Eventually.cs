using System.Diagnostics;

namespace LinkShort.Testing;

/// <summary>Waits for a condition instead of a time. The limits are generous, because they cost nothing when the condition is met early.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Tries until <paramref name="assertion"/> no longer throws; the last failure is rethrown.</summary>
    /// <param name="pause">Between attempts, 20 ms by default; longer if attempts would slow the tested processes down.</param>
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

    /// <summary>Repeats a request until the response satisfies <paramref name="condition"/>, and returns it.</summary>
    /// <exception cref="TimeoutException">It never did; the message contains the last response.</exception>
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
