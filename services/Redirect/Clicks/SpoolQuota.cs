using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Clicks;

/// <summary>Disk space that all spools of this process take together, its own and those it adopted, in bytes.</summary>
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

    /// <summary>For what is there already.</summary>
    public void Count(long bytes) => Interlocked.Add(ref _used, bytes);
}
