using System.Diagnostics.Metrics;

namespace LinkShort.Blocklist;

/// <summary>The block list in use. A new list replaces it atomically.</summary>
public sealed class CurrentBlocklist
{
    private volatile BlockedUrls _urls = BlockedUrls.None;

    public CurrentBlocklist(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        meters.Create("LinkShort.Blocklist").CreateObservableGauge("linkshort.blocklist.entries", () => _urls.Count, "{entry}", "Entries of the block list in use.");
    }

    public BlockedUrls Urls => _urls;

    /// <summary>Raised after each change of <see cref="Urls"/>.</summary>
    public event EventHandler? Changed;

    public void Replace(BlockedUrls urls)
    {
        _urls = urls;
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
