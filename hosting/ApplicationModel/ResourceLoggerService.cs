using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <param name="LineNumber">From 1, without gaps, per replica and run of the application.</param>
/// <param name="Content">One line as the process wrote it.</param>
/// <param name="IsErrorMessage">Written to standard error.</param>
public readonly record struct LogLine(long LineNumber, string Content, bool IsErrorMessage)
{
    /// <summary>When the engine read it.</summary>
    public DateTimeOffset ReadAt { get; init; }
}

/// <summary>What the processes write: the newest lines in memory, all of this and the last runs in files.</summary>
public sealed class ResourceLoggerService(TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, ConsoleLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where <c>{id}.log</c> is written; null for nowhere. Set when the application starts.</summary>
    internal string? Directory { get; set; }

    /// <summary>The ids that have written something.</summary>
    public IReadOnlyCollection<string> ResourceIds => [.. _logs.Keys];

    /// <summary>A logger whose lines go to the resource's console log.</summary>
    public ILogger GetLogger(IResource resource) => GetLogger(resource.Name);

    public ILogger GetLogger(string resourceName) => new LineLogger(Log(resourceName));

    /// <summary>The lines kept in memory, oldest first, then every new one.</summary>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var log = Log(resourceName);
        var channel = Channel.CreateUnbounded<LogLine>(new UnboundedChannelOptions { SingleReader = true });
        var backlog = log.Subscribe(channel);
        try
        {
            if (backlog.Count > 0)
            {
                yield return backlog;
            }

            while (await channel.Reader.WaitToReadAsync(cancellationToken))
            {
                var batch = new List<LogLine>();
                while (batch.Count < 500 && channel.Reader.TryRead(out var line))
                {
                    batch.Add(line);
                }

                yield return batch;
            }
        }
        finally
        {
            log.Unsubscribe(channel);
        }
    }

    /// <summary>The newest lines, at most <paramref name="count"/>, oldest first.</summary>
    public IReadOnlyList<LogLine> Tail(string resourceName, int count = ConsoleLog.Capacity) => Log(resourceName).Tail(count);

    internal void Write(string resourceId, string line, bool isError) => Log(resourceId).Write(line, isError);

    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Dispose();
        }
    }

    private ConsoleLog Log(string id) => _logs.GetOrAdd(id, static (key, self) => new ConsoleLog(key, self.Directory, self._time), this);

    private readonly TimeProvider _time = time;

    private sealed class LineLogger(ConsoleLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write($"[linkshort] {formatter(state, exception)}{(exception is null ? "" : $": {exception.Message}")}", logLevel >= LogLevel.Error);
            }
        }
    }
}

/// <summary>One replica's console: a ring in memory and a file that is set aside once when it grows large.</summary>
internal sealed class ConsoleLog : IDisposable
{
    public const int Capacity = 5_000;
    private const long MaxFileBytes = 16 * 1024 * 1024;
    private const int MaxLineCharacters = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _lines = new(256);
    private readonly List<Channel<LogLine>> _watchers = [];
    private readonly TimeProvider _time;
    private readonly string? _path;
    private StreamWriter? _file;
    private long _written;
    private long _count;

    public ConsoleLog(string id, string? directory, TimeProvider time)
    {
        _time = time;
        _path = directory is null ? null : Path.Combine(directory, id + ".log");
        Open();
    }

    public void Write(string content, bool isError)
    {
        if (content.Length > MaxLineCharacters)
        {
            content = string.Concat(content.AsSpan(0, MaxLineCharacters), " …");
        }

        lock (_gate)
        {
            var line = new LogLine(++_count, content, isError) { ReadAt = _time.GetUtcNow() };
            if (_lines.Count == Capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(line);
            }

            Append(line);
        }
    }

    public IReadOnlyList<LogLine> Subscribe(Channel<LogLine> watcher)
    {
        lock (_gate)
        {
            _watchers.Add(watcher);
            return [.. _lines];
        }
    }

    public void Unsubscribe(Channel<LogLine> watcher)
    {
        lock (_gate)
        {
            _watchers.Remove(watcher);
        }
    }

    public IReadOnlyList<LogLine> Tail(int count)
    {
        lock (_gate)
        {
            return [.. _lines.Skip(Math.Max(0, _lines.Count - count))];
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private void Append(LogLine line)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{line.ReadAt:yyyy-MM-ddTHH:mm:ss.fffZ} {line.Content}");
            _file.WriteLine(text);
            _written += text.Length + 1;
            if (_written > MaxFileBytes)
            {
                _file.Dispose();
                File.Move(_path!, _path + ".1", overwrite: true);
                Open();
            }
        }
        catch (IOException)
        {
            // A full disk must not take the services' output (and with it the services) down: go on in memory.
            _file?.Dispose();
            _file = null;
        }
    }

    private void Open()
    {
        if (_path is null)
        {
            return;
        }

        try
        {
            _file = new StreamWriter(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
            _written = _file.BaseStream.Length;
        }
        catch (IOException)
        {
            _file = null;
        }
    }
}
