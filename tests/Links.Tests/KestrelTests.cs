using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using LinkShort.Testing;

namespace LinkShort.Links.Tests;

/// <summary>What only a real socket shows: sizes, raw bytes, closed connections.</summary>
public sealed class KestrelTests(LinksFixture fixture)
{
    [Fact]
    public async Task Oversized_bodies_are_413_and_change_nothing()
    {
        await using var service = await StartAsync();
        using var client = service.Client(fixture.Identity.Token());
        var link = await client.CreatedAsync();
        var big = $$"""{"url":"https://example.com/","notes":"{{new string('n', 270_000)}}"}""";
        foreach (var answer in new[]
        {
            await client.SendAsync(HttpMethod.Post, "/api/v1/links", big),
            await client.SendAsync(HttpMethod.Post, "/api/v1/links", big, ("Idempotency-Key", "big")),
            await client.SendAsync(HttpMethod.Post, "/api/v1/links", new Chunked(big)),
            await client.SendAsync(HttpMethod.Post, "/api/v1/links", new Chunked(big), ("Idempotency-Key", "big")),
            await client.ChangeAsync(link["id"]!, big),
            await client.SendAsync(HttpMethod.Post, $"/api/v1/links/{link["id"]}/archive", big, ("Idempotency-Key", "big")),
        })
        {
            answer.ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
        }

        (await client.ListAllAsync("status=all")).Single().ToJsonString().ShouldBe(link.ToJsonString());
        // The refused request used up no key.
        (await client.CreateAsync(new { url = "https://example.com/" }, "big")).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_body_with_every_field_at_its_maximum_length_fits()
    {
        await using var service = await StartAsync();
        using var client = service.Client(fixture.Identity.Token());
        static string Escaped(int length) => string.Concat(Enumerable.Repeat(@"\u65e5", length));
        var body = $$"""
            {"url":"https://example.com/{{Escaped(2028)}}","title":"{{Escaped(255)}}","notes":"{{Escaped(2000)}}","code":"{{Escaped(100)}}{{Guid.NewGuid().ToString("N")[..28]}}",
             "tags":[{{string.Join(',', Enumerable.Range(10, 20).Select(i => $"\"{Escaped(48)}{i}\""))}}]}
            """;
        (await client.SendAsync(HttpMethod.Post, "/api/v1/links", body)).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Raw_bytes_that_no_client_library_would_send_are_client_errors()
    {
        await using var service = await StartAsync();
        var token = fixture.Identity.Token();
        const string Body = """{"url":"https://example.com/"}""";
        string Post(string extra, string body) =>
            $"POST /api/v1/links HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nConnection: close\r\n{extra}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

        (await service.RawAsync(Post("Idempotency-Key:\r\n", Body))).ShouldContain("\"Idempotency-Key\"");
        (await service.RawAsync(Post("Idempotency-Key: a\u00e9\r\n", Body))).ShouldStartWith("HTTP/1.1 400");
        (await service.RawAsync(Post("Idempotency-Key: a\r\nIdempotency-Key: b\r\n", Body))).ShouldStartWith("HTTP/1.1 400");
        foreach (var path in new[] { "/api/v1/links?search=\u00fc", "/api/v1/links/%00", "/api/v1/links/%", "/api/v1/links/..%2f..%2f", "/api/v1/links/a\0b" })
        {
            (await service.RawAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n")).ShouldMatch("^HTTP/1.1 4[0-9][0-9]", path);
        }

        // A body shorter than its Content-Length.
        (await service.RawAsync(Post("", Body).Replace($"Content-Length: {Body.Length}", "Content-Length: 4000", StringComparison.Ordinal), hangUp: true)).ShouldNotContain(" 500 ");
        using var client = service.Client(token);
        (await client.ListAllAsync("status=all")).ShouldBeEmpty();
    }

    private async Task<KestrelService> StartAsync() => KestrelService.Start(await fixture.Servers.SettingsAsync("linksdb", fixture.Identity));

    /// <summary>Sends without a Content-Length, like a stream.</summary>
    private sealed class Chunked : HttpContent
    {
        private readonly byte[] _bytes;

        public Chunked(string text)
        {
            _bytes = Encoding.UTF8.GetBytes(text);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(_bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class KestrelService(ServiceFactory<Program> factory, Uri address) : IAsyncDisposable
    {
        public static KestrelService Start(Dictionary<string, string?> settings)
        {
            var factory = new ServiceFactory<Program>(settings);
            factory.UseKestrel(0);
            factory.StartServer();
            return new KestrelService(factory, factory.ClientOptions.BaseAddress);
        }

        public ApiClient Client(string token)
        {
            var http = new HttpClient { BaseAddress = address };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return new ApiClient(http, Guid.Empty);
        }

        /// <returns>Everything received until the server closed the connection.</returns>
        public async Task<string> RawAsync(string request, bool hangUp = false)
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            using var socket = new TcpClient();
            await socket.ConnectAsync(address.Host, address.Port, timeout.Token);
            await using var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), timeout.Token);
            if (hangUp)
            {
                socket.Client.Shutdown(SocketShutdown.Send);
            }

            using var answer = new MemoryStream();
            try
            {
                await stream.CopyToAsync(answer, timeout.Token);
            }
            catch (IOException)
            {
                // The connection was reset with unread data: what was received before counts.
            }

            return Encoding.UTF8.GetString(answer.ToArray());
        }

        public ValueTask DisposeAsync() => factory.DisposeAsync();
    }
}
