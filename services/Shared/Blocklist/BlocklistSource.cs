using System.Net;
using System.Net.Http.Headers;

namespace LinkShort.Blocklist;

/// <summary>Reads the list from the configured source, unless it is unchanged since the last read.</summary>
internal sealed class BlocklistSource(BlocklistOptions options) : IDisposable
{
    private const int MaxRedirects = 3;

    // Not from the factory, whose clients resolve service names and retry. The operator configures this URL.
    private readonly HttpClient? _http = options.Address is null ? null : new HttpClient(new SocketsHttpHandler
    {
        MaxAutomaticRedirections = MaxRedirects,
        AutomaticDecompression = DecompressionMethods.All,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    private EntityTagHeaderValue? _etag;
    private DateTimeOffset? _modified;
    private (DateTime Written, long Length)? _file;

    /// <returns>Null if nothing has changed.</returns>
    /// <exception cref="IOException">The source can't be read, or is too large.</exception>
    /// <exception cref="HttpRequestException">The source can't be fetched.</exception>
    /// <exception cref="DamagedBlocklistException">The source is not a block list.</exception>
    public async Task<BlockedUrls?> ReadAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(options.TimeoutSeconds));
        try
        {
            return _http is null ? await ReadFileAsync(timeout.Token) : await DownloadAsync(_http, timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"it took longer than {options.TimeoutSeconds} s");
        }
    }

    public void Dispose() => _http?.Dispose();

    private async Task<BlockedUrls?> ReadFileAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(options.Source);
        if (!file.Exists)
        {
            throw new FileNotFoundException("there is no such file");
        }

        var version = (file.LastWriteTimeUtc, file.Length);
        if (version == _file)
        {
            return null;
        }

        await using var stream = new FileStream(options.Source, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete });
        var urls = await BlockedUrls.ReadAsync(new BoundedStream(stream, options.MaxBytes), cancellationToken);
        _file = version;
        return urls;
    }

    private async Task<BlockedUrls?> DownloadAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, options.Address);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("LinkShort", "1"));
        if (_etag is not null)
        {
            request.Headers.IfNoneMatch.Add(_etag);
        }

        request.Headers.IfModifiedSince = _modified;
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotModified)
        {
            return null;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"it answered {(int)response.StatusCode}");
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var urls = await BlockedUrls.ReadAsync(new BoundedStream(body, options.MaxBytes), cancellationToken);
        _etag = response.Headers.ETag;
        _modified = response.Content.Headers.LastModified;
        return urls;
    }

    /// <summary>Fails after <paramref name="limit"/> bytes, counted after decompression.</summary>
    private sealed class BoundedStream(Stream inner, long limit) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            _read += count;
            return _read <= limit ? count : throw new IOException($"it is larger than Blocklist__MaxBytes ({limit})");
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
