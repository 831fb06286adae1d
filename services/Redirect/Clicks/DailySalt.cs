using System.Globalization;
using System.Security.Cryptography;
using LinkShort.ServiceDefaults;
using StackExchange.Redis;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// 32 random bytes per day (UTC), shared by all replicas through Redis, where they expire after two days; they are stored nowhere else.
/// Without them a hash can't be traced back to a visitor. While Redis is unavailable, a replica uses its own salt, and the other replicas may
/// count its visitors again.
/// </summary>
public sealed class DailySalt(IConnectionMultiplexer redis, TimeProvider time, ILogger<DailySalt> logger)
    : BackgroundJob("Sharing the daily salt", time, logger)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);

    private Salt? _today;
    private Salt? _tomorrow;

    /// <summary>The salt for the day of <paramref name="now"/>. Never waits.</summary>
    public byte[] At(DateTimeOffset now)
    {
        var day = DayOf(now);
        var today = Volatile.Read(ref _today);
        return today?.Day == day ? today.Bytes : Next(day).Bytes;
    }

    protected override TimeSpan Interval => TimeSpan.FromSeconds(5);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        At(now);
        if (Volatile.Read(ref _today) is { IsShared: false } local)
        {
            Volatile.Write(ref _today, await ShareAsync(local));
        }

        // Shared in advance, so that replicas don't differ in the first seconds of a day.
        var tomorrow = DayOf(now.AddDays(1));
        if (Volatile.Read(ref _tomorrow) is not { IsShared: true } next || next.Day != tomorrow)
        {
            Volatile.Write(ref _tomorrow, await ShareAsync(Salt.New(tomorrow)));
        }
    }

    private static int DayOf(DateTimeOffset now) => (int)(now.UtcTicks / TimeSpan.TicksPerDay);

    private Salt Next(int day)
    {
        var seen = Volatile.Read(ref _today);
        var prepared = Volatile.Read(ref _tomorrow) is { } tomorrow && tomorrow.Day == day ? tomorrow : Salt.New(day);
        // Several requests may be the first of the day; one of their salts is used.
        return Interlocked.CompareExchange(ref _today, prepared, seen) == seen ? prepared : Volatile.Read(ref _today)!;
    }

    private async Task<Salt> ShareAsync(Salt salt)
    {
        var key = "redirect:salt:" + salt.Day.ToString(CultureInfo.InvariantCulture);
        var database = redis.GetDatabase();
        if (await database.StringSetAsync(key, salt.Bytes, Lifetime, When.NotExists).WaitAsync(CallTimeout))
        {
            return salt with { IsShared = true };
        }

        return (byte[]?)await database.StringGetAsync(key).WaitAsync(CallTimeout) is { Length: Salt.Size } shared
            ? new Salt(salt.Day, shared, IsShared: true)
            : salt;
    }

    private sealed record Salt(int Day, byte[] Bytes, bool IsShared)
    {
        public const int Size = 32;

        public static Salt New(int day) => new(day, RandomNumberGenerator.GetBytes(Size), IsShared: false);
    }
}
