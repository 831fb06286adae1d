using System.Collections;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.RedirectCosts.Tests;

/// <summary>A request like Kestrel's: one object that is its own feature collection. Discards the response.</summary>
public sealed class VisitorRequest
    : IFeatureCollection, IHttpRequestFeature, IHttpResponseFeature, IHttpConnectionFeature, IHttpResponseBodyFeature
{
    private readonly HeaderDictionary _sent = new()
    {
        ["Host"] = "lnk.example",
        ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        ["Accept"] = "text/html,application/xhtml+xml,*/*;q=0.8",
        ["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.5",
        ["Referer"] = "https://news.example/a/page?that=links",
    };

    private readonly Answered _answered = [];

    string IHttpRequestFeature.Protocol { get; set; } = "HTTP/1.1";

    string IHttpRequestFeature.Scheme { get; set; } = "http";

    string IHttpRequestFeature.Method { get; set; } = "GET";

    string IHttpRequestFeature.PathBase { get; set; } = "";

    string IHttpRequestFeature.Path { get; set; } = "/";

    string IHttpRequestFeature.QueryString { get; set; } = "";

    public string RawTarget { get; set; } = "/";

    public string? TraceParent { get => _sent["traceparent"]; set => _sent["traceparent"] = value; }

    IHeaderDictionary IHttpRequestFeature.Headers { get => _sent; set => throw new NotSupportedException(); }

    Stream IHttpRequestFeature.Body { get; set; } = Stream.Null;

    public int StatusCode { get; set; }

    string? IHttpResponseFeature.ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get => _answered; set => throw new NotSupportedException(); }

    Stream IHttpResponseFeature.Body { get; set; } = Stream.Null;

    bool IHttpResponseFeature.HasStarted => false;

    string IHttpConnectionFeature.ConnectionId { get; set; } = "";

    // An IPv4 visitor on a dual-stack socket: the more expensive case.
    IPAddress? IHttpConnectionFeature.RemoteIpAddress { get; set; } = IPAddress.Parse("::ffff:203.0.113.7");

    IPAddress? IHttpConnectionFeature.LocalIpAddress { get; set; }

    int IHttpConnectionFeature.RemotePort { get; set; }

    int IHttpConnectionFeature.LocalPort { get; set; }

    Stream IHttpResponseBodyFeature.Stream => Stream.Null;

    PipeWriter IHttpResponseBodyFeature.Writer { get; } = new Nowhere();

    bool IFeatureCollection.IsReadOnly => true;

    int IFeatureCollection.Revision => 0;

    object? IFeatureCollection.this[Type key] { get => key.IsInstanceOfType(this) ? this : null; set => throw new NotSupportedException(); }

    TFeature? IFeatureCollection.Get<TFeature>() where TFeature : default => this is TFeature feature ? feature : default;

    void IFeatureCollection.Set<TFeature>(TFeature? instance) where TFeature : default => throw new NotSupportedException();

    void IHttpResponseFeature.OnStarting(Func<object, Task> callback, object state) => throw new NotSupportedException();

    void IHttpResponseFeature.OnCompleted(Func<object, Task> callback, object state) => throw new NotSupportedException();

    void IHttpResponseBodyFeature.DisableBuffering() => throw new NotSupportedException();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task IHttpResponseBodyFeature.CompleteAsync() => Task.CompletedTask;

    IEnumerator<KeyValuePair<Type, object>> IEnumerable<KeyValuePair<Type, object>>.GetEnumerator() => throw new NotSupportedException();

    IEnumerator IEnumerable.GetEnumerator() => throw new NotSupportedException();

    /// <summary>Stores the length as a number, as Kestrel does.</summary>
    private sealed class Answered : HeaderDictionary, IHeaderDictionary
    {
        long? IHeaderDictionary.ContentLength { get; set; }
    }

    private sealed class Nowhere : PipeWriter
    {
        private readonly byte[] _memory = new byte[16 * 1024];

        public override void Advance(int bytes)
        {
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _memory;

        public override Span<byte> GetSpan(int sizeHint = 0) => _memory;
    }
}
