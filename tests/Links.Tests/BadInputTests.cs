using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace LinkShort.Links.Tests;

/// <summary>Uses its own service, so that whole tables can be compared.</summary>
public sealed class BadInputService(LinksFixture fixture) : IAsyncLifetime
{
    public LinksService Links { get; private set; } = null!;

    public ApiClient Client { get; private set; } = null!;

    public string LinkId { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Links = await fixture.StartAsync();
        Client = Links.ClientOf();
        LinkId = (string)(await Client.CreatedAsync(new { url = "https://example.com/", title = "Untouched", code = "untouched" }))["id"]!;
        // No queue takes the first link's events: from here on, the tables don't change by themselves.
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Links.DisposeAsync();
    }
}

public sealed class BadInputTests(BadInputService service) : IClassFixture<BadInputService>
{
    private const string Good = "\"https://example.com/\"";

    private readonly ApiClient _client = service.Client;

    /// <summary>The expected field, and the body's JSON, for POST and PATCH.</summary>
    private static readonly (string Field, string Body)[] BadFields =
    [
        ("url", """{"url":null}"""),
        ("url", """{"url":""}"""),
        ("url", """{"url":1}"""),
        ("url", """{"url":true}"""),
        ("url", """{"url":{}}"""),
        ("url", """{"url":["https://example.com/"]}"""),
        ("url", """{"url":"example.com"}"""),
        ("url", """{"url":"javascript:alert(1)"}"""),
        ("url", """{"url":"data:text/html,<script>"}"""),
        ("url", """{"url":"https://user:pw@example.com/"}"""),
        ("url", """{"url":"http://127.0.0.1/"}"""),
        ("url", """{"url":"http://0x7f.1/"}"""),
        ("url", """{"url":"http://[::ffff:10.0.0.1]/"}"""),
        ("url", """{"url":"http://localhost:8080/untouched"}"""),
        ("url", """{"url":"http://169.254.169.254/latest/meta-data"}"""),
        ("url", """{"url":"https://example.com/\u0000"}"""),
        ("url", """{"url":"https://example.com/\r\nX-Injected: 1"}"""),
        ("url", """{"url":"https://example.com/\ud83d"}"""),
        ("url", """{"url":"https://example.com/\udE80\ud83d"}"""),
        ("url", """{"url":"https://example.com/\u202e"}"""),
        ("url", $$"""{"url":"https://example.com/{{new string('a', 2048)}}"}"""),
        ("url", $$"""{"url":{{Good}},"url":{{Good}} }"""),
        ("title", $$"""{"url":{{Good}},"title":1}"""),
        ("title", $$"""{"url":{{Good}},"title":["x"]}"""),
        ("title", $$"""{"url":{{Good}},"title":"a\u0000b"}"""),
        ("title", $$"""{"url":{{Good}},"title":"a\u0007b"}"""),
        ("title", $$"""{"url":{{Good}},"title":"a\nb"}"""),
        ("title", $$"""{"url":{{Good}},"title":"a\u0085b"}"""),
        ("title", $$"""{"url":{{Good}},"title":"\ud800"}"""),
        ("title", $$"""{"url":{{Good}},"title":"\ufffe"}"""),
        ("tags[0]", $$"""{"url":{{Good}},"tags":["ü\ufffe"]}"""),
        ("url", """{"url":"https://ex\ufffeample.com/"}"""),
        ("title", $$"""{"url":{{Good}},"title":"{{new string('t', 256)}}"}"""),
        ("notes", $$"""{"url":{{Good}},"notes":{ } }"""),
        ("notes", $$"""{"url":{{Good}},"notes":"a\u001bb"}"""),
        ("notes", $$"""{"url":{{Good}},"notes":"{{new string('n', 2001)}}"}"""),
        ("notes", $$"""{"url":{{Good}},"notes":"{{new string('n', 20_000)}}"}"""),
        ("tags", $$"""{"url":{{Good}},"tags":"x"}"""),
        ("tags", $$"""{"url":{{Good}},"tags":{ } }"""),
        ("tags[0]", $$"""{"url":{{Good}},"tags":[1]}"""),
        ("tags[1]", $$"""{"url":{{Good}},"tags":["a",null]}"""),
        ("tags[0]", $$"""{"url":{{Good}},"tags":[" "]}"""),
        ("tags[0]", $$"""{"url":{{Good}},"tags":["a\u0000"]}"""),
        ("tags[0]", $$"""{"url":{{Good}},"tags":["a\tb"]}"""),
        // Where people type tags, commas separate them.
        ("tags[1]", $$"""{"url":{{Good}},"tags":["a","b,c"]}"""),
        ("tags[0]", $$"""{"url":{{Good}},"tags":["أ،ب"]}"""),
        ("tags[0]", $$"""{"url":{{Good}},"tags":["{{new string('t', 51)}}"]}"""),
        ("tags", $$"""{"url":{{Good}},"tags":[{{string.Join(',', Enumerable.Range(0, 21).Select(i => $"\"t{i}\""))}}]}"""),
        ("redirectType", $$"""{"url":{{Good}},"redirectType":300}"""),
        ("redirectType", $$"""{"url":{{Good}},"redirectType":"302"}"""),
        ("redirectType", $$"""{"url":{{Good}},"redirectType":302.5}"""),
        ("redirectType", $$"""{"url":{{Good}},"redirectType":99999999999999}"""),
        ("redirectType", $$"""{"url":{{Good}},"redirectType":-302}"""),
        ("activeFrom", $$"""{"url":{{Good}},"activeFrom":"tomorrow"}"""),
        ("activeFrom", $$"""{"url":{{Good}},"activeFrom":1763712000}"""),
        ("activeFrom", $$"""{"url":{{Good}},"activeFrom":"2026-02-30T00:00:00Z"}"""),
        ("activeFrom", $$"""{"url":{{Good}},"activeFrom":"0001-01-01T00:00:00Z"}"""),
        ("activeFrom", $$"""{"url":{{Good}},"activeFrom":"0001-01-01T00:00:00+14:00"}"""),
        ("expiresAt", $$"""{"url":{{Good}},"expiresAt":"9999-12-31T23:59:59.9999999Z"}"""),
        ("expiresAt", $$"""{"url":{{Good}},"expiresAt":"9999-12-31T23:59:59-14:00"}"""),
        ("expiresAt", $$"""{"url":{{Good}},"expiresAt":""}"""),
        ("expiresAt", $$"""{"url":{{Good}},"expiresAt":"2031-01-01T00:00:00Z","activeFrom":"2032-01-01T00:00:00Z"}"""),
        ("id", $$"""{"url":{{Good}},"id":"01a1ffe0-d7cc-70bf-b218-d93e8dd7ecfb"}"""),
        ("workspaceId", $$"""{"url":{{Good}},"workspaceId":"01a1ffe0-d7cc-70bf-b218-d93e8dd7ecfb"}"""),
        ("clicks", $$"""{"url":{{Good}},"clicks":1000}"""),
        ("version", $$"""{"url":{{Good}},"version":7}"""),
        ("archived", $$"""{"url":{{Good}},"archived":true}"""),
        ("URL", $$"""{"url":{{Good}},"URL":{{Good}} }"""),
        // Planned fields of the API are not silently ignored.
        ("folderId", $$"""{"url":{{Good}},"folderId":null}"""),
        ("hasPassword", $$"""{"url":{{Good}},"hasPassword":false}"""),
        ("passwordHash", $$"""{"url":{{Good}},"passwordHash":"x"}"""),
        ("body", ""),
        ("body", "null"),
        ("body", "1"),
        ("body", "\"text\""),
        ("body", "[]"),
        ("body", "{"),
        ("body", """{"url":"https://example.com/",}"""),
        ("body", """{"url":"https://example.com/"} trailing"""),
        ("body", """{'url':'https://example.com/'}"""),
        ("body", "\u0000"),
        ("body", new string('[', 10_000)),
    ];

    private static readonly (string Field, string Body)[] BadCodes =
    [
        ("url", "{}"),
        ("code", $$"""{"url":{{Good}},"code":""}"""),
        ("code", $$"""{"url":{{Good}},"code":7}"""),
        ("code", $$"""{"url":{{Good}},"code":"a b"}"""),
        ("code", $$"""{"url":{{Good}},"code":"api"}"""),
        ("code", $$"""{"url":{{Good}},"code":"API/v1"}"""),
        ("code", $$"""{"url":{{Good}},"code":"app"}"""),
        ("code", $$"""{"url":{{Good}},"code":".well-known/x"}"""),
        ("code", $$"""{"url":{{Good}},"code":"favicon.ico"}"""),
        ("code", $$"""{"url":{{Good}},"code":"a+"}"""),
        ("code", $$"""{"url":{{Good}},"code":"a%2e"}"""),
        ("code", $$"""{"url":{{Good}},"code":"../x"}"""),
        ("code", $$"""{"url":{{Good}},"code":"a\u202eb"}"""),
        ("code", $$"""{"url":{{Good}},"code":"a\u0000"}"""),
        ("code", $$"""{"url":{{Good}},"code":"\ud83d"}"""),
        ("code", $$"""{"url":{{Good}},"code":"\ufffe"}"""),
        ("code", $$"""{"url":{{Good}},"code":"{{new string('c', 129)}}"}"""),
        ("aliases", $$"""{"url":{{Good}},"aliases":[]}"""),
        ("domain", $$"""{"url":{{Good}},"domain":1}"""),
        ("domain", $$"""{"url":{{Good}},"domain":"evil.example"}"""),
        ("domain", $$"""{"url":{{Good}},"domain":"localhost\u0000"}"""),
        ("expiresAt", $$"""{"url":{{Good}},"expiresAt":"2020-01-01T00:00:00Z"}"""),
    ];

    public static TheoryData<string, string> Creations => [.. BadFields.Concat(BadCodes).Select(bad => new TheoryDataRow<string, string>(bad.Field, bad.Body))];

    public static TheoryData<string, string> Changes =>
    [
        .. BadFields.Select(bad => new TheoryDataRow<string, string>(bad.Field, bad.Body)),
        new TheoryDataRow<string, string>("code", """{"code":null}"""),
        new TheoryDataRow<string, string>("code", """{"code":"api"}"""),
        new TheoryDataRow<string, string>("code", """{"code":"a b"}"""),
        new TheoryDataRow<string, string>("code", """{"code":"a+"}"""),
        new TheoryDataRow<string, string>("aliases[0]", """{"aliases":["nobody-had-this"]}"""),
        new TheoryDataRow<string, string>("aliases[0]", """{"aliases":["untouched"]}"""),
        new TheoryDataRow<string, string>("aliases[0]", """{"aliases":[null]}"""),
        new TheoryDataRow<string, string>("aliases[0]", """{"aliases":[1]}"""),
        new TheoryDataRow<string, string>("aliases", """{"aliases":"untouched"}"""),
        new TheoryDataRow<string, string>("aliases[1]", """{"code":"renamed","aliases":["untouched","other"]}"""),
        new TheoryDataRow<string, string>("domain", """{"domain":"localhost"}"""),
    ];

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Creations))]
    public async Task A_bad_creation_is_refused_by_field_and_changes_nothing(string field, string body) =>
        await RefusedAsync(() => _client.SendAsync(HttpMethod.Post, "/api/v1/links", body), answer => answer.ShouldRefuse(field));

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Changes))]
    public async Task A_bad_change_is_refused_by_field_and_changes_nothing(string field, string body) =>
        await RefusedAsync(() => _client.ChangeAsync(service.LinkId, body), answer => answer.ShouldRefuse(field));

    [Theory]
    [InlineData("limit", "limit=0")]
    [InlineData("limit", "limit=201")]
    [InlineData("limit", "limit=-1")]
    [InlineData("limit", "limit=abc")]
    [InlineData("limit", "limit=1.5")]
    [InlineData("limit", "limit=99999999999")]
    [InlineData("limit", "limit=1&limit=2")]
    [InlineData("cursor", "cursor=x")]
    [InlineData("cursor", "cursor=!!!")]
    [InlineData("cursor", "cursor=bnVsbA")]
    [InlineData("cursor", "cursor=W10")]
    [InlineData("cursor", "cursor=eyJCeSI6Ii1jcmVhdGVkIn0")]
    [InlineData("cursor", "cursor=%F0%9F%9A%80")]
    [InlineData("sort", "sort=code")]
    [InlineData("sort", "sort=created;drop table links")]
    [InlineData("sort", "sort=Created")]
    [InlineData("order", "order=up")]
    [InlineData("order", "order=desc,id")]
    [InlineData("status", "status=broken")]
    [InlineData("status", "status=active&status=expired")]
    [InlineData("search", "search=a%0Ab")]
    [InlineData("search", "search=a%1Bb")]
    [InlineData("tag", "tag=%7F")]
    [InlineData("search", "search=%EF%BF%BE")]
    [InlineData("domain", "domain=evil.example")]
    [InlineData("folderId", "folderId=x")]
    [InlineData("page", "page=2")]
    [InlineData("filter[a]", "filter[a]=b")]
    public async Task A_bad_list_parameter_is_reported(string field, string query) =>
        await RefusedAsync(() => _client.ListAsync("?" + query), answer => answer.ShouldRefuse(field));

    [Fact]
    public async Task Oversized_list_parameters_are_reported()
    {
        await RefusedAsync(() => _client.ListAsync("?search=" + new string('s', 201)), answer => answer.ShouldRefuse("search"));
        await RefusedAsync(() => _client.ListAsync("?tag=" + new string('t', 51)), answer => answer.ShouldRefuse("tag"));
        await RefusedAsync(() => _client.ListAsync("?cursor=" + new string('A', 5000)), answer => answer.ShouldRefuse("cursor"));
        // Deeply nested JSON in a cursor.
        var deep = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('[', 900))).TrimEnd('=');
        await RefusedAsync(() => _client.ListAsync("?cursor=" + deep), answer => answer.ShouldRefuse("cursor"));
    }

    [Theory]
    [InlineData("search=%00")]
    [InlineData("cursor=%00")]
    [InlineData("limit=%00")]
    public async Task U_0000_in_a_URL_is_refused(string query) =>
        await RefusedAsync(() => _client.ListAsync("?" + query), answer => answer.ShouldBeProblem(HttpStatusCode.BadRequest, "bad-request"));

    [Theory]
    [InlineData("search=%FF%FE")]
    [InlineData("search=%ED%A0%80")]
    [InlineData("tag=%C0%AF")]
    [InlineData("search=%")]
    [InlineData("search=%zz")]
    public async Task Broken_encodings_in_a_URL_find_nothing_or_are_refused(string query) =>
        await RefusedAsync(() => _client.ListAsync("?" + query), answer => ((int)answer.Status).ShouldBeOneOf(200, 400));

    [Theory]
    [InlineData("abc")]
    [InlineData("123")]
    [InlineData("01a1ffe0-d7cc-70bf-b218")]
    [InlineData("01a1ffe0-d7cc-70bf-b218-d93e8dd7ecfg")]
    [InlineData("%20")]
    [InlineData("' or 1=1 --")]
    [InlineData("%F0%9F%9A%80")]
    [InlineData("%FF")]
    public async Task A_bad_id_is_reported_on_every_endpoint(string id)
    {
        foreach (var send in new Func<Task<ApiAnswer>>[]
        {
            () => _client.GetAsync(id),
            () => _client.ChangeAsync(id, new { title = "x" }),
            () => _client.DeleteAsync(id),
            () => _client.ArchiveAsync(id),
            () => _client.RestoreAsync(id),
        })
        {
            await RefusedAsync(send, answer => answer.ShouldRefuse("id"));
        }
    }

    [Fact]
    public async Task Bodies_of_other_media_types_and_encodings_are_refused()
    {
        foreach (var (method, path) in new[] { (HttpMethod.Post, "/api/v1/links"), (HttpMethod.Patch, $"/api/v1/links/{service.LinkId}") })
        {
            foreach (var type in new[] { "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x" })
            {
                await RefusedAsync(
                    () => _client.SendAsync(method, path, new StringContent($$"""{"url":{{Good}} }""") { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } }),
                    answer => answer.ShouldBeProblem(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type"));
            }

            await RefusedAsync(
                () => _client.SendAsync(method, path, new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"url":{{Good}} }"""))),
                answer => answer.ShouldBeProblem(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type"));
            foreach (var bytes in new byte[][]
            {
                [.. "{\"title\":\""u8, 0xFF, 0xFE, .. "\",\"url\":\"https://example.com/\"}"u8],
                [.. "{\"title\":\""u8, 0xC0, 0x80, .. "\",\"url\":\"https://example.com/\"}"u8],
                [.. "{\"title\":\""u8, 0xED, 0xA0, 0x80, .. "\",\"url\":\"https://example.com/\"}"u8],
                Encoding.Unicode.GetBytes($$"""{"url":{{Good}},"title":"x"}"""),
                Encoding.UTF32.GetBytes($$"""{"url":{{Good}},"title":"x"}"""),
                [0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00],
            })
            {
                await RefusedAsync(() => _client.SendAsync(method, path, bytes), answer => answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Text));
            }

            foreach (var charset in new[] { "no-such-charset", "\"\"", "utf-7" })
            {
                await RefusedAsync(
                    () => _client.SendAsync(method, path, new StringContent($$"""{"url":{{Good}},"title":"x"}""")
                    {
                        Headers = { ContentType = MediaTypeHeaderValue.Parse($"application/json; charset={charset}") },
                    }),
                    answer => ((int)answer.Status).ShouldBeOneOf([400, 415], answer.Text));
            }
        }
    }

    [Theory]
    [InlineData("PUT", "/api/v1/links")]
    [InlineData("DELETE", "/api/v1/links")]
    [InlineData("PUT", "/api/v1/links/01a1ffe0-d7cc-70bf-b218-d93e8dd7ecfb")]
    [InlineData("GET", "/api/v1/links/01a1ffe0-d7cc-70bf-b218-d93e8dd7ecfb/archive")]
    [InlineData("POST", "/internal/routes")]
    public async Task Other_methods_are_not_allowed(string method, string path) =>
        await RefusedAsync(() => _client.SendAsync(new HttpMethod(method), path, "{}"), answer => answer.ShouldBeProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed"));

    [Fact]
    public async Task Malformed_conditional_headers_neither_match_nor_fail()
    {
        foreach (var tag in new[] { "x", "\"", "\"\"", "v1", "\"v1", ",,,", "\"v999999999999999999999\"", new string('"', 300) })
        {
            await RefusedAsync(() => _client.ChangeAsync(service.LinkId, new { title = "x" }, tag), answer => answer.ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition-failed"));
            await RefusedAsync(() => _client.GetAsync(service.LinkId, tag), answer => answer.Status.ShouldBe(HttpStatusCode.OK));
        }
    }

    private async Task RefusedAsync(Func<Task<ApiAnswer>> send, Action<ApiAnswer> check)
    {
        var before = await service.Links.ContentsAsync();
        check(await send());
        (await service.Links.ContentsAsync()).ShouldBe(before);
    }
}
