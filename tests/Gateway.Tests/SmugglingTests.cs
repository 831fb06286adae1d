using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Gateway.Tests;

/// <summary>
/// Requests that two servers could split differently (RFC 9112, 11.2). Whatever the gateway makes of them, the service must never see the
/// request hidden in another one's body, and nothing at all on a closed path.
/// </summary>
public sealed class SmugglingTests : IClassFixture<SharedStage>, IClassFixture<HttpsStage>
{
    /// <summary>The request that the attacker hides.</summary>
    private const string Hidden = "GET /internal/hidden HTTP/1.1\r\nHost: x\r\n\r\n";

    private readonly Stage _stage;
    private readonly Stage _https;

    public SmugglingTests(SharedStage stage, HttpsStage https)
    {
        _stage = stage.Stage;
        _stage.Reset();
        _https = https.Stage;
    }

    public static TheoryData<string, string> Attempts => new()
    {
        { "CL.TE", Post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + Hidden) },
        { "TE.CL", Post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", $"{Hidden.Length:x}\r\n{Hidden}\r\n0\r\n\r\n") },
        { "TE.TE, an unknown coding", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n" + Hidden) },
        { "TE.TE, another letter in front", Post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + Hidden) },
        { "a blank before the colon", Post("Transfer-Encoding : chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "a tab before the colon", Post("Transfer-Encoding\t: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "a vertical tab before the value", Post("Transfer-Encoding: \u000bchunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "a NUL behind the value", Post("Transfer-Encoding: chunked\0\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "quotes round the value", Post("Transfer-Encoding: \"chunked\"\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "a folded line", Post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "a line in front that is folded", Post("X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "a bare line feed before the field", Post("X: y\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "a bare carriage return before the field", Post("X: y\rTransfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "identity beside chunked", Post("Transfer-Encoding: identity\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "chunked twice", Post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n" + Hidden) },
        { "chunked, then another", Post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n" + Hidden) },
        { "an empty coding", Post("Transfer-Encoding:\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden) },
        { "two lengths", Post($"Content-Length: 0\r\nContent-Length: {Hidden.Length}\r\n", Hidden) },
        { "two lengths in one", Post($"Content-Length: 0, {Hidden.Length}\r\n", Hidden) },
        { "a signed length", Post("Content-Length: +0\r\n", Hidden) },
        { "a negative length", Post("Content-Length: -1\r\n", Hidden) },
        { "a length in hexadecimal", Post("Content-Length: 0x0\r\n", Hidden) },
        { "a length with a blank in it", Post("Content-Length: 0 0\r\n", Hidden) },
        { "a length too large for a number", Post("Content-Length: 18446744073709551616\r\n", Hidden) },
        { "a chunk's size too large for a number", Post("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n" + Hidden) },
        { "a chunk's negative size", Post("Transfer-Encoding: chunked\r\n", "-1\r\n" + Hidden) },
        { "a chunk's size with 0x", Post("Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n" + Hidden) },
        { "a bare line feed behind a chunk's size", Post("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n" + Hidden) },
        { "a bare line feed in a chunk's extension", Post("Transfer-Encoding: chunked\r\n", "2;\n{}\r\n0\r\n\r\n" + Hidden) },
        { "a bare carriage return in a chunk's extension", Post("Transfer-Encoding: chunked\r\n", "2;a\rb\r\n{}\r\n0\r\n\r\n" + Hidden) },
        { "a chunk longer than its size", Post("Transfer-Encoding: chunked\r\n", "2\r\n{}xx\r\n0\r\n\r\n" + Hidden) },
        { "a bare line feed behind the last chunk", Post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\n\n" + Hidden) },
        { "fields behind the body", Post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\nTransfer-Encoding: x\r\nContent-Length: 4\r\nX-Internal-Key: x\r\n\r\n" + Hidden) },
        { "chunks in HTTP/1.0", Post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + Hidden).Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal) },
        { "a body of GET", Post($"Content-Length: {Hidden.Length}\r\n", Hidden).Replace("POST", "GET", StringComparison.Ordinal) },
        { "bare line feeds everywhere", Post("Content-Length: 2\r\n", "{}").Replace("\r\n", "\n", StringComparison.Ordinal) + Hidden },
        { "an upgrade to HTTP/2", Post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nContent-Length: 2\r\n", "{}") },
        { "HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0" },
    };

    [Theory]
    [MemberData(nameof(Attempts))]
    public async Task A_request_hidden_in_another_never_reaches_a_service(string what, string bytes)
    {
        var answer = await RawAsync(_stage.Gateway.BaseAddress!, bytes);

        answer.ShouldNotContain("hidden-was-answered", Case.Sensitive, what);
        // The connection is closed, the request refused, or it is read as RFC 9112 requires: then the rest is a request of the client's
        // own, which the gateway doesn't route.
        foreach (var status in Statuses(answer))
        {
            status.ShouldBeOneOf(200, 400, 404, 405, 408, 411, 413, 414, 431, 501, 505);
        }

        var received = Received();
        received.ShouldAllBe(request => request.Target == "/api/v1/links", what);
        received.Count.ShouldBeLessThanOrEqualTo(1, what);
        received.ShouldAllBe(request => request["Transfer-Encoding"] == null || request["Content-Length"] == null, what);
        received.ShouldAllBe(request => request[ServiceDefaults.Auth.InternalKey.Header] == null, what);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        _stage["redirect"].Answer = context => context.Response.WriteAsync("for " + context.Request.Path);
        var bytes = string.Concat(Enumerable.Range(0, 5).Select(i => $"GET /p{i} HTTP/1.1\r\nHost: x\r\n{(i == 4 ? "Connection: close\r\n" : "")}\r\n"));

        var answer = await RawAsync(_stage.Gateway.BaseAddress!, bytes);

        var order = Enumerable.Range(0, 5).Select(i => answer.IndexOf($"for /p{i}", StringComparison.Ordinal)).ToArray();
        order.ShouldAllBe(at => at > 0);
        order.ShouldBe(order.Order());
    }

    [Theory]
    [InlineData("https://example.com/\r\nSet-Cookie: planted=1")]
    [InlineData("https://example.com/\nSet-Cookie: planted=1")]
    [InlineData("https://example.com/\r\n\r\n<script>alert(1)</script>")]
    public async Task A_response_can_not_be_split(string destination)
    {
        _stage["redirect"].Answer = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = destination;
            return Task.CompletedTask;
        };

        var answer = await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, "/abc");

        answer.ShouldNotContain("\nSet-Cookie: planted", Case.Insensitive);
        answer.ShouldNotContain("<script>");
    }

    [Theory]
    [InlineData("/abc%0d%0aSet-Cookie:%20planted=1")]
    [InlineData("/app/signin?returnUrl=%0d%0aSet-Cookie:%20planted=1")]
    [InlineData("/api/v1/links/%0d%0aX: y")]
    public async Task Line_breaks_in_a_target_end_no_header(string target)
    {
        var answer = await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, target.Replace(" ", "%20", StringComparison.Ordinal));

        answer.Split("\r\n\r\n")[0].ShouldNotContain("planted");
        Received().ShouldAllBe(request => !request.Headers.ContainsKey("Set-Cookie"));
    }

    /// <summary>HTTP/2 is enabled over TLS. Its fields become lines of HTTP/1.1 towards the services, and none may break out of its line.</summary>
    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "close")]
    [InlineData("x-a", "b\r\nTransfer-Encoding: chunked")]
    [InlineData("x-a", "b\nx: y")]
    [InlineData("x-a", "b\0")]
    [InlineData("x-a: b\r\nx", "y")]
    [InlineData("X-Upper", "y")]
    [InlineData("x a", "y")]
    [InlineData(":path", "/second")]
    [InlineData("content-length", "0")]
    [InlineData("content-length", "4")]
    [InlineData("host", "other.example")]
    public async Task An_HTTP_2_request_with_another_meaning_in_HTTP_1_is_refused(string name, string value)
    {
        _https.Reset();

        await Http2Async(_https.Gateway.BaseAddress!, (":method", "POST"), (":scheme", "https"), (":path", "/api/v1/links"), (":authority", "sho.rt"), (name, value));

        Of(_https).ShouldAllBe(request => request.Target == "/api/v1/links" && request["X-Forwarded-Host"] == "sho.rt");
        Of(_https).ShouldAllBe(request => request["Transfer-Encoding"] != "chunked" || request.Body == Body);
        Of(_https).Count(request => name != "host").ShouldBe(0, "it was forwarded");
    }

    private const string Body = "{}\r\nGET /internal/hidden HTTP/1.1\r\nHost: x\r\n\r\n";

    private List<Received> Received() => Of(_stage);

    private static List<Received> Of(Stage stage) =>
        [.. Stage.Services.SelectMany(service => stage[service].Requests).Where(request => !request.Target.Contains("jwks", StringComparison.Ordinal))];

    private static string Post(string headers, string body) => $"POST /api/v1/links HTTP/1.1\r\nHost: sho.rt\r\n{headers}\r\n{body}";

    private static IEnumerable<int> Statuses(string answer) =>
        answer.Split("HTTP/1.1 ").Skip(1).Select(part => int.Parse(part[..3], System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Sends everything, and reads until the gateway closes the connection or sends nothing more.</summary>
    private static async Task<string> RawAsync(Uri gateway, string bytes)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Host, gateway.Port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), timeout.Token);
        return await ReadAsync(stream, timeout.Token);
    }

    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var all = new StringBuilder();
        var buffer = new byte[8_192];
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            silence.CancelAfter(TimeSpan.FromSeconds(2));
            for (int read; (read = await stream.ReadAsync(buffer, silence.Token)) > 0;)
            {
                all.Append(Encoding.Latin1.GetString(buffer, 0, read));
                silence.CancelAfter(TimeSpan.FromMilliseconds(500));
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Closed halfway, or waiting for the rest of the body.
        }

        return all.ToString();
    }

    /// <summary>A hand-written stream, because clients refuse to send this (RFC 9113, 4 and RFC 7541, 6.2.2).</summary>
    private static async Task Http2Async(Uri gateway, params (string Name, string Value)[] fields)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Host, gateway.Port, timeout.Token);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
#pragma warning disable CA5359 // The certificate is self-signed.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        }, timeout.Token);
        tls.NegotiatedApplicationProtocol.ShouldBe(SslApplicationProtocol.Http2);

        var head = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            head.WriteByte(0);
            Write(head, name);
            Write(head, value);
        }

        var all = new MemoryStream();
        all.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Frame(all, 4, 0, 0, []);
        Frame(all, 1, 4, 1, head.ToArray());
        Frame(all, 0, 1, 1, Encoding.Latin1.GetBytes(Body));
        // GOAWAY: the response ends the connection.
        Frame(all, 7, 0, 0, new byte[8]);
        await tls.WriteAsync(all.ToArray(), timeout.Token);
        await ReadAsync(tls, timeout.Token);

        static void Write(MemoryStream to, string text)
        {
            to.WriteByte((byte)text.Length);
            to.Write(Encoding.Latin1.GetBytes(text));
        }

        static void Frame(MemoryStream to, byte type, byte flags, int stream, byte[] payload)
        {
            to.Write([(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, (byte)stream]);
            to.Write(payload);
        }
    }
}

/// <summary>A gateway with a certificate, and therefore HTTP/2.</summary>
public sealed class HttpsStage(ServersAndIssuer shared) : IAsyncLifetime
{
    public Stage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        using var certificate = Certificate();
        var file = Path.Combine(Path.GetTempPath(), $"gateway-{Guid.NewGuid():N}.pfx");
        await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pfx, "test"));
        try
        {
            Stage = await Stage.StartAsync(shared, settings:
            [
                ("urls", "https://127.0.0.1:0"), ("Kestrel:Certificates:Default:Path", file), ("Kestrel:Certificates:Default:Password", "test"),
                ("RateLimits:CreateLink:PermitLimit", "10000"), ("RateLimits:ApiCall:PermitLimit", "10000"),
            ]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public ValueTask DisposeAsync() => Stage.DisposeAsync();

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
