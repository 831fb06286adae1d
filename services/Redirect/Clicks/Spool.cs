using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LinkShort.Clicks;
using LinkShort.ServiceDefaults;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// The unpublished clicks of one redirect process: a folder <c>clicks-{instance}</c> with segments, a cursor and a lock file. A process
/// creates its own spool, and adopts and publishes those of processes that have ended (their lock is free). Ids are derived from the
/// folder's name, so clicks keep their ids whichever process publishes them.
/// </summary>
public sealed class Spool : IDisposable
{
    private const string FolderPrefix = "clicks-";

    /// <summary>Prefix of the previous version, which would treat our folders as empty because it can't read their files.</summary>
    private const string PreviousFolderPrefix = "redirect-";

    /// <summary>Bytes prepared ahead of the writers: a tenth of a second at 50,000 clicks a second.</summary>
    private const long Ahead = 2 << 20;

    private readonly ConcurrentQueue<SpoolSegment> _segments = new();
    private readonly Lock _writing = new();
    private readonly FileStream _lock;
    private readonly SpoolQuota _quota;
    private readonly int _segmentSize;
    private SpoolSegment? _active;
    private SpoolSegment? _next;
    private long _lastNumber;
    private long _retryAt = long.MinValue;

    /// <summary>Segment and offset of the writers at the last call of <see cref="Prepare"/>.</summary>
    private (long? Number, long? Committed) _preparedAt;
    private bool _isClosed;

    private Spool(string folder, Guid instance, FileStream @lock, SpoolQuota quota, int segmentSize)
    {
        Folder = folder;
        Instance = instance;
        Ids = new ClickIds(instance);
        _lock = @lock;
        _quota = quota;
        _segmentSize = segmentSize;
        Cursor = new SpoolCursor(Path.Combine(folder, "cursor"));
    }

    public string Folder { get; }

    public Guid Instance { get; }

    public ClickIds Ids { get; }

    public SpoolCursor Cursor { get; }

    /// <summary>The oldest segment that isn't drained.</summary>
    public SpoolSegment? Oldest => _segments.TryPeek(out var segment) ? segment : null;

    /// <summary>Has files of a later version, so this process never removes it.</summary>
    public bool IsForeign { get; private set; }

    /// <summary>Files of an adopted spool that are damaged before their end, with the number of damaged regions.</summary>
    public IEnumerable<(string Path, int Regions)> Damage =>
        _segments.Where(segment => segment.DamagedRegions > 0).Select(segment => (segment.Path, segment.DamagedRegions));

    /// <summary>Creates this process's own spool.</summary>
    /// <exception cref="InvalidOperationException">The folder can't be written. The message names the setting.</exception>
    public static Spool Create(string root, SpoolQuota quota, int segmentSize)
    {
        try
        {
            PrivateFiles.CreateDirectory(root);
            var instance = Guid.CreateVersion7();
            // Locked before it is renamed, so that no process can adopt it in between.
            var unnamed = Path.Combine(root, $".new-{instance:n}");
            PrivateFiles.CreateDirectory(unnamed);
            var @lock = TryLock(unnamed) ?? throw new IOException($"{unnamed} is locked.");
            var folder = Path.Combine(root, $"{FolderPrefix}{instance:n}");
            Directory.Move(unnamed, folder);
            return new Spool(folder, instance, @lock, quota, segmentSize);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"Clicks can't be kept in {root}: {exception.Message} Set LINKSHORT_DATA to a folder that this process can write.", exception);
        }
    }

    /// <summary>Adopts the spools of processes that have ended, oldest first.</summary>
    public static IEnumerable<Spool> Adopt(string root, SpoolQuota quota)
    {
        // Instance ids sort by time (UUIDv7).
        foreach (var folder in Directory.EnumerateDirectories(root).OrderBy(InstanceOf))
        {
            if (InstanceOf(folder) is { } instance && TryOpen(folder, instance, quota, out var spool))
            {
                yield return spool;
            }
        }
    }

    /// <summary>Writes a click, without a system call unless <see cref="Prepare"/> doesn't keep up and a file has to be created.</summary>
    /// <param name="reason">Why the click could not be kept.</param>
    public bool TryAppend(ReadOnlySpan<byte> record, out string? reason)
    {
        lock (_writing)
        {
            if (_isClosed)
            {
                reason = "closed";
                return false;
            }

            if (_active?.TryAppend(record) == true || (TryRoll() && _active!.TryAppend(record)))
            {
                reason = null;
                return true;
            }

            reason = _quota.Used + _segmentSize > _quota.Limit ? "quota" : "disk";
            return false;
        }
    }

    /// <summary>
    /// Prepares what the next clicks are written to, so that no visitor waits for a file or a page fault: pages of the active segment, and
    /// the next segment. Call it often, from one thread.
    /// </summary>
    /// <returns>Whether clicks were written since the last call.</returns>
    public bool Prepare()
    {
        var active = Volatile.Read(ref _active);
        var written = (active?.Number, active?.Committed);
        var isWritten = written != _preparedAt;
        _preparedAt = written;
        active?.TouchAhead(Ahead);
        if (Volatile.Read(ref _next) is null && (active is null || active.Committed > active.Size / 2) && !Volatile.Read(ref _isClosed) && TryCreate() is { } next)
        {
            next.TouchAhead(Ahead);
            lock (_writing)
            {
                if (!_isClosed && (_active is null || _active.Number < next.Number))
                {
                    // If a visitor's thread had created one since, ours would be out of order.
                    _next = next;
                    return isWritten;
                }
            }

            Discard(next);
        }

        return isWritten;
    }

    /// <summary>Removes the oldest segment. All its clicks must be confirmed.</summary>
    public void RemoveOldest()
    {
        if (_segments.TryDequeue(out var segment))
        {
            Discard(segment);
        }
    }

    /// <summary>Flushes everything written since the last call to disk. See <see cref="SpoolSegment.Flush"/>.</summary>
    public void Flush()
    {
        foreach (var segment in _segments)
        {
            segment.Flush();
        }

        Cursor.Flush();
    }

    /// <summary>Accepts no more clicks, so that the spool can be drained completely.</summary>
    public void Close()
    {
        lock (_writing)
        {
            _isClosed = true;
            _active?.Seal();
            if (_next is { } unused)
            {
                _next = null;
                Discard(unused);
            }
        }
    }

    /// <summary>Unlocks the folder, and removes it if it is drained; otherwise the next process adopts it.</summary>
    public void Dispose()
    {
        Close();
        var isDrained = _segments.IsEmpty && !IsForeign;
        while (_segments.TryDequeue(out var segment))
        {
            _quota.Count(-segment.Size);
            segment.Dispose();
        }

        Cursor.Dispose();
        if (isDrained)
        {
            try
            {
                Directory.Delete(Folder, recursive: true);
            }
            catch (IOException)
            {
                // Another process is checking whether it can adopt the folder; it finds it empty and removes it.
            }
        }

        _lock.Dispose();
    }

    private bool TryRoll()
    {
        var segment = _next ?? TryCreate();
        _next = null;
        if (segment is null)
        {
            return false;
        }

        _active?.Seal();
        Volatile.Write(ref _active, segment);
        _segments.Enqueue(segment);
        return true;
    }

    /// <returns>Null if the quota or the disk is full.</returns>
    private SpoolSegment? TryCreate()
    {
        if (Environment.TickCount64 < Volatile.Read(ref _retryAt) || !_quota.TryTake(_segmentSize))
        {
            return null;
        }

        try
        {
            return SpoolSegment.Create(Folder, Interlocked.Increment(ref _lastNumber), Instance, _segmentSize);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _quota.Count(-_segmentSize);
            // A full disk is retried once a second, not for each click.
            Volatile.Write(ref _retryAt, Environment.TickCount64 + 1_000);
            return null;
        }
    }

    private void Discard(SpoolSegment segment)
    {
        segment.Dispose();
        File.Delete(segment.Path);
        _quota.Count(-segment.Size);
    }

    /// <returns>Null if the folder is not a spool.</returns>
    private static Guid? InstanceOf(string folder)
    {
        var name = Path.GetFileName(folder);
        var prefix = name.StartsWith(FolderPrefix, StringComparison.Ordinal) ? FolderPrefix : PreviousFolderPrefix;
        return name.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParseExact(name[prefix.Length..], "n", out var instance) ? instance : null;
    }

    private static bool TryOpen(string folder, Guid instance, SpoolQuota quota, [NotNullWhen(true)] out Spool? spool)
    {
        spool = null;
        FileStream? @lock = null;
        try
        {
            @lock = TryLock(folder);
            if (@lock is null)
            {
                return false;
            }

            spool = new Spool(folder, instance, @lock, quota, segmentSize: 0) { _isClosed = true };
            foreach (var path in Directory.EnumerateFiles(folder, "*.seg").Order(StringComparer.Ordinal))
            {
                try
                {
                    if (SpoolSegment.Open(path) is { } segment)
                    {
                        quota.Count(segment.Size);
                        spool._segments.Enqueue(segment);
                    }
                }
                catch (InvalidDataException)
                {
                    // A later version can read it, so the folder stays.
                    spool.IsForeign = true;
                }
            }

            spool.Flush();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Removed meanwhile, or not accessible. It is checked again later.
            spool?.Cursor.Dispose();
            @lock?.Dispose();
            return false;
        }
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            // An advisory lock (flock), which the kernel releases however the process ends.
            return new FileStream(Path.Combine(folder, "lock"), PrivateFiles.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
