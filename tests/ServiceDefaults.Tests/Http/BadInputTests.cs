using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Npgsql;

namespace LinkShort.ServiceDefaults.Tests.Http;

public sealed class BadInputTests : IAsyncLifetime
{
    private int _handled;
    private TestedService _service = null!;

    public async ValueTask InitializeAsync() => _service = await TestedService.StartAsync(
        app =>
        {
            var open = app.MapGroup("").AllowAnonymous();
            open.MapPost("/things", (Thing thing) =>
            {
                Interlocked.Increment(ref _handled);
                return Results.Ok(thing);
            });
            open.MapGet("/things", (int limit, Guid? id, bool? all, DateTimeOffset? from, Color? color, string? search) => Results.Ok(search));
            open.MapGet("/grouped-things", ([AsParameters] ThingQuery query) => Results.Ok(query.Limit));
            open.MapGet("/things/{id:guid}", (Guid id) => Results.Ok(id));
            open.MapGet("/codes/{code}", (string code) => Results.Ok(code));
            open.MapGet("/fails", string () => throw new InvalidTimeZoneException("a secret of ours"));
            open.MapGet("/fails/{status:int}", (int status) => Results.StatusCode(status));
            open.MapGet("/outage/{kind}", string (string kind) => throw (kind switch
            {
                "npgsql" => new NpgsqlException("Failed to connect to 10.0.0.5:5432"),
                "http" => new HttpRequestException("Connection refused (identity:80)"),
                "timeout" => new TimeoutException("The operation has timed out."),
                "nested" => new InvalidOperationException("outer", new SocketException(111)),
                _ => new InvalidOperationException(kind),
            }));
        },
        builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 64 * 1024));

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [InlineData("{", "body")]
    [InlineData("", "body")]
    [InlineData("null", "body")]
    [InlineData("[]", "body")]
    [InlineData("\"text\"", "body")]
    [InlineData("5", "body")]
    [InlineData("""{"name":"a"} trailing""", "body")]
    [InlineData("""{"name":"a",}""", "body")]
    [InlineData("""{"name":"a"/* comment */}""", "body")]
    [InlineData("""{'name':'a'}""", "body")]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"name":5}""", "name")]
    [InlineData("""{"name":true}""", "name")]
    [InlineData("""{"name":{}}""", "name")]
    [InlineData("""{"name":["a"]}""", "name")]
    [InlineData("""{"name":"a","count":"5"}""", "count")]
    [InlineData("""{"name":"a","count":1.5}""", "count")]
    [InlineData("""{"name":"a","count":99999999999}""", "count")]
    [InlineData("""{"name":"a","count":1e999}""", "count")]
    [InlineData("""{"name":"a","count":NaN}""", "count")]
    [InlineData("""{"name":"a","count":null}""", "count")]
    [InlineData("""{"name":"a","id":"not-a-guid"}""", "id")]
    [InlineData("""{"name":"a","id":5}""", "id")]
    [InlineData("""{"name":"a","at":"yesterday"}""", "at")]
    [InlineData("""{"name":"a","at":"2026-02-30T00:00:00Z"}""", "at")]
    [InlineData("""{"name":"a","at":"0000-00-00T00:00:00Z"}""", "at")]
    [InlineData("""{"name":"a","at":"0001-01-01T00:00:00+14:00"}""", "at")]
    [InlineData("""{"name":"a","at":1}""", "at")]
    [InlineData("""{"name":"a","color":"pink"}""", "color")]
    [InlineData("""{"name":"a","color":1}""", "color")]
    [InlineData("""{"name":"a","flag":"true"}""", "flag")]
    [InlineData("""{"name":"a","flag":1}""", "flag")]
    [InlineData("""{"name":"a","nested":{"value":"x"}}""", "nested.value")]
    [InlineData("""{"name":"a","nested":[]}""", "nested")]
    [InlineData("""{"name":"a","tags":"a"}""", "tags")]
    [InlineData("""{"name":"a","tags":["a",5]}""", "tags[1]")]
    [InlineData("""{"name":"a","rules":[{"url":"a","label":"b"},{"url":5}]}""", "rules[1].url")]
    [InlineData("""{"name":"a","rules":[{"url":"a\u0000"}]}""", "rules[0].url")]
    [InlineData("""{"name":"a","name":"b"}""", "name")]
    [InlineData("""{"name":"a","NAME":"b"}""", "NAME")]
    [InlineData("""{"name":"a","extra":1}""", "extra")]
    [InlineData("""{"name":"a","extra'd":1}""", "extra'd")]
    [InlineData("""{"name":"a","__proto__":{}}""", "__proto__")]
    [InlineData("""{"name":"a\u0000b"}""", "name")]
    [InlineData("""{"name":"\ud800"}""", "name")]
    [InlineData("""{"name":"\udc00\ud800"}""", "name")]
    [InlineData("""{"name":"\x41"}""", "name")]
    [InlineData("""{"name":"a","labels":{"k\u0000":"v"}}""", "labels.k\0")]
    [InlineData("""{"name":"a","labels":{"k\ud800":"v"}}""", "labels")]
    [InlineData("""{"name":"a","labels":{"k":"v\u0000"}}""", "labels.k")]
    public async Task A_bad_body_is_reported_with_its_field(string body, string field)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _service.Client.PostAsync("/things", content);

        await response.ShouldBeInvalidAsync(field);
        _handled.ShouldBe(0);
    }

    [Theory]
    [InlineData(new byte[] { 0xff }, "name")]
    [InlineData(new byte[] { 0xc0, 0x80 }, "name")]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 }, "name")]
    [InlineData(new byte[] { 0xf5, 0x80, 0x80, 0x80 }, "name")]
    [InlineData(new byte[] { 0x00 }, "name")]
    [InlineData(new byte[] { 0x0a }, "name")]
    public async Task Bytes_that_are_not_UTF8_are_reported_with_their_field(byte[] bytes, string field)
    {
        using var content = new ByteArrayContent([.. "{\"name\":\"a"u8, .. bytes, .. "\"}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _service.Client.PostAsync("/things", content);

        await response.ShouldBeInvalidAsync(field);
    }

    [Fact]
    public async Task Deep_nesting_is_refused()
    {
        using var content = new StringContent("{\"name\":" + new string('[', 20_000), Encoding.UTF8, "application/json");
        using var response = await _service.Client.PostAsync("/things", content);

        ((int)response.StatusCode).ShouldBe(400);
        await response.ShouldBeInvalidAsync("name");
    }

    [Fact]
    public async Task All_missing_fields_are_reported_together()
    {
        using var content = new StringContent("""{"name":"a","rules":[{}]}""", Encoding.UTF8, "application/json");
        using var response = await _service.Client.PostAsync("/things", content);
        await response.ShouldBeInvalidAsync("rules[0].url", "rules[0].label");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=nonsense")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData(null)]
    public async Task Another_content_type_is_415(string? contentType)
    {
        using var content = new ByteArrayContent("""{"name":"a"}"""u8.ToArray());
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var response = await _service.Client.PostAsync("/things", content);

        await response.ShouldBeProblemAsync(415, "unsupported-media-type");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("iso-8859-1")]
    public async Task Another_charset_is_supported(string charset)
    {
        using var content = new StringContent("""{"name":"é"}""", Encoding.GetEncoding(charset), "application/json");
        using var response = await _service.Client.PostAsync("/things", content);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"name\":\"é\"");
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_413()
    {
        using var content = new StringContent($$"""{"name":"{{new string('a', 100_000)}}"}""", Encoding.UTF8, "application/json");
        using var response = await _service.Client.PostAsync("/things", content);

        await response.ShouldBeProblemAsync(413, "payload-too-large");
    }

    [Fact]
    public async Task A_body_of_unknown_length_beyond_the_limit_is_413()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/things");
        request.Content = new StringContent($$"""{"name":"{{new string('a', 100_000)}}"}""", Encoding.UTF8, "application/json");
        request.Headers.TransferEncodingChunked = true;
        using var response = await _service.Client.SendAsync(request);

        await response.ShouldBeProblemAsync(413, "payload-too-large");
    }

    [Theory]
    [InlineData("/things", "limit")]
    [InlineData("/things?limit=", "limit")]
    [InlineData("/things?limit=abc", "limit")]
    [InlineData("/things?limit=1.5", "limit")]
    [InlineData("/things?limit=99999999999", "limit")]
    [InlineData("/things?limit=1&limit=2", "limit")]
    [InlineData("/things?limit=1&id=zz", "id")]
    [InlineData("/things?limit=1&all=maybe", "all")]
    [InlineData("/things?limit=1&from=yesterday", "from")]
    [InlineData("/things?limit=1&from=2026-13-01", "from")]
    [InlineData("/things?limit=1&color=pink", "color")]
    [InlineData("/grouped-things?limit=abc", "limit")]
    public async Task A_bad_query_parameter_is_reported_with_its_name(string address, string field)
    {
        using var response = await _service.Client.GetAsync(address);

        await response.ShouldBeInvalidAsync(field);
    }

    [Theory]
    [InlineData("/things?limit=1&search=a%00b")]
    [InlineData("/things?limit=1%00")]
    [InlineData("/codes/a%00b")]
    [InlineData("/%00")]
    public async Task A_NUL_in_the_address_is_400(string address)
    {
        using var response = await _service.Client.GetAsync(address);

        ((int)response.StatusCode).ShouldBe(400);
        if (response.Content.Headers.ContentType is not null)
        {
            await response.ShouldBeProblemAsync(400, "bad-request");
        }
    }

    [Theory]
    [InlineData("GET /codes/%FF%FE HTTP/1.1")]
    [InlineData("GET /codes/%zz HTTP/1.1")]
    [InlineData("GET /codes/%C0%AE%C0%AE/ HTTP/1.1")]
    [InlineData("GET /things?limit=1&search=%FF%FE HTTP/1.1")]
    [InlineData("GET /things?limit=1&search=%zz HTTP/1.1")]
    [InlineData("GET /things?limit=1&search=%ED%A0%80 HTTP/1.1")]
    [InlineData("GET /../../etc/passwd HTTP/1.1")]
    [InlineData("GET //codes//x HTTP/1.1")]
    [InlineData("GET http://other.example/codes/x HTTP/1.1")]
    [InlineData("GET /codes/\u00e9 HTTP/1.1")]
    [InlineData("FOO /codes/x HTTP/1.1")]
    [InlineData("GET /codes/x HTTP/9.9")]
    public async Task A_malformed_request_line_is_never_a_server_error(string line)
    {
        var status = await RawAsync($"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        status.ShouldBeInRange(200, 505);
        status.ShouldNotBe(500);
    }

    [Theory]
    [InlineData("/nothing/here", 404, "not-found")]
    [InlineData("/things/not-a-guid", 404, "not-found")]
    [InlineData("/fails", 500, "internal")]
    [InlineData("/fails/403", 403, "forbidden")]
    [InlineData("/fails/404", 404, "not-found")]
    [InlineData("/fails/409", 409, "conflict")]
    [InlineData("/fails/418", 418, "bad-request")]
    [InlineData("/fails/500", 500, "internal")]
    [InlineData("/fails/507", 507, "internal")]
    [InlineData("/outage/npgsql", 503, "unavailable")]
    [InlineData("/outage/http", 503, "unavailable")]
    [InlineData("/outage/timeout", 503, "unavailable")]
    [InlineData("/outage/nested", 503, "unavailable")]
    [InlineData("/outage/other", 500, "internal")]
    public async Task Every_failure_is_problem_details_without_internals(string address, int status, string slug)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("Accept", "text/html");
        using var response = await _service.Client.SendAsync(request);

        var problem = await response.ShouldBeProblemAsync(status, slug);
        problem.ToJsonString().ShouldNotContain("secret");
        problem.ToJsonString().ShouldNotContain("10.0.0.5");
        response.Headers.RetryAfter.ShouldBe(status == 503 ? RetryConditionHeaderValue.Parse("2") : null);
    }

    [Fact]
    public async Task An_exception_is_not_exposed_even_in_development()
    {
        await using var service = await TestedService.StartAsync(
            app => app.MapGet("/fails", string () => throw new InvalidTimeZoneException("a secret of ours")).AllowAnonymous(), environment: "Development");
        using var response = await service.Client.GetAsync("/fails");

        (await response.ShouldBeProblemAsync(500, "internal")).ToJsonString().ShouldNotContain("secret");
    }

    [Fact]
    public async Task The_trace_id_of_a_problem_is_the_requests()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nothing");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await _service.Client.SendAsync(request);

        (await response.ShouldBeProblemAsync(404, "not-found"))["traceId"]!.GetValue<string>().ShouldBe("0af7651916cd43dd8448eb211c80319c");
    }

    [Theory]
    [InlineData("DELETE", "/things")]
    [InlineData("PUT", "/codes/x")]
    public async Task Another_method_is_405_and_lists_the_allowed_ones(string method, string address)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        using var response = await _service.Client.SendAsync(request);

        await response.ShouldBeProblemAsync(405, "method-not-allowed");
        response.Content.Headers.Allow.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Valid_input_is_accepted_unchanged_and_in_UTC()
    {
        using var content = new StringContent(
            """{"name":"Zoë 🚀 \u202e","count":3,"at":"2026-11-21T10:00:00.5+02:00","color":"darkRed","tags":["a"],"labels":{"k":"v"},"nested":{"value":1}}""", Encoding.UTF8, "application/json");
        using var response = await _service.Client.PostAsync("/things", content);

        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        var thing = System.Text.Json.Nodes.JsonNode.Parse(text)!;
        thing["name"]!.GetValue<string>().ShouldBe("Zoë 🚀 \u202e");
        thing["at"]!.GetValue<string>().ShouldBe("2026-11-21T08:00:00.5Z");
        thing["color"]!.GetValue<string>().ShouldBe("darkRed");
    }

    private async Task<int> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _service.Client.BaseAddress!.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
        return int.Parse(line!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public enum Color
    {
        DarkRed,
        Green,
    }

    public sealed record ThingQuery([property: FromQuery(Name = "limit")] int? Limit);

    public sealed record Thing(
        string Name, int Count, Guid? Id, DateTimeOffset? At, Color? Color, bool? Flag, Nested? Nested,
        IReadOnlyList<string>? Tags, IReadOnlyList<Rule>? Rules, Dictionary<string, string>? Labels);

    public sealed record Nested(int Value);

    public sealed record Rule(string Url, string Label);
}
