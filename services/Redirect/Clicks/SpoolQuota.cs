using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Clicks;

/// <summary>Disk space of all spools of this process, its own and the adopted ones, in bytes.</summary>
public sealed class SpoolQuota(IOptions<RedirectOptions> options)
{
    private long _used;

    public long Used => Volatile.Read(ref _used);

    public long Limit => options.Value.SpoolQuotaBytes;

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= Limit)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Counts bytes that exist already, or, if negative, were freed.</summary>
    public void Count(long bytes) => Interlocked.Add(ref _used, bytes);
}
