using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace LinkShort.SystemTests;

/// <summary>Any invalid input to any operation is a 4xx problem that describes the error, never a 500, and changes nothing.</summary>
public sealed class BadInputTests(WholeSystem system)
{
    private static readonly string Long = new('x', 9_000);

    /// <summary>Bodies that no operation accepts.</summary>
    private static readonly (string Name, byte[] Body, string ContentType)[] BadBodies =
    [
        ("nothing", [], "application/json"),
        ("no JSON", "hello"u8.ToArray(), "application/json"),
        ("cut off", "{\"url\":\"https"u8.ToArray(), "application/json"),
        ("an array", "[]"u8.ToArray(), "application/json"),
        ("a text", "\"x\""u8.ToArray(), "application/json"),
        ("null", "null"u8.ToArray(), "application/json"),
        ("an unknown field", "{\"nobodyKnowsThis\":1}"u8.ToArray(), "application/json"),
        ("too deep", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"url\":", 100))), "application/json"),
        ("invalid UTF-8", [.. "{\"email\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8], "application/json"),
        ("UTF-16", Encoding.Unicode.GetBytes("{\"url\":\"https://example.com\"}"), "application/json"),
        ("a form", "url=https%3A%2F%2Fexample.com"u8.ToArray(), "application/x-www-form-urlencoded"),
        ("XML", "<url>https://example.com</url>"u8.ToArray(), "application/xml"),
        ("2 MB", Encoding.ASCII.GetBytes($"{{\"url\":\"{new string('x', 2_000_000)}\"}}"), "application/json"),
    ];

    /// <summary>JSON values, each wrong for some field; sent for every field that an operation has.</summary>
    private static readonly string[] BadValues =
    [
        "12345", "-1", "1e400", "true", "[]", "[[]]", "{}", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\r\\nX: y\"", "\"\\u202e\"",
        $"\"{Long}\"", "[\"\\u0000\"]", $"[\"{Long}\"]", "\"not a time, url or code\\n\"", "99999999999999999999", "{\"a\":{\"b\":[]}}",
    ];

    [Fact]
    public async Task Bad_bodies_are_problems_for_every_operation()
    {
        using var user = await system.NewUserAsync();
        var wrong = new List<string>();
        foreach (var operation in (await ApiOperation.ReadAllAsync(system.Gateway)).Where(operation => operation.BodyProperties is not null))
        {
            foreach (var (name, body, contentType) in BadBodies)
            {
                await ExpectProblemAsync(user, operation, name, body, contentType, wrong);
            }
        }

        wrong.ShouldBeEmpty();
        await NothingChangedAsync(user);
    }

    [Fact]
    public async Task Bad_values_are_problems_for_every_field_of_every_operation()
    {
        using var user = await system.NewUserAsync();
        var wrong = new List<string>();
        foreach (var operation in (await ApiOperation.ReadAllAsync(system.Gateway)).Where(operation => operation.BodyProperties is not null))
        {
            foreach (var field in operation.BodyProperties!)
            {
                foreach (var value in BadValues)
                {
                    // Alone, so that required fields are missing as well: no such request is valid.
                    await ExpectProblemAsync(user, operation, $"{field}: {(value.Length > 40 ? value[..40] : value)}", Encoding.UTF8.GetBytes($"{{\"{field}\":{value}}}"), "application/json", wrong);
                }
            }
        }

        wrong.ShouldBeEmpty();
        await NothingChangedAsync(user);
    }

    [Fact]
    public async Task Bad_query_values_never_break_an_operation()
    {
        using var user = await system.NewUserAsync();
        var link = await user.CreateLinkAsync("https://example.com/query");
        var wrong = new List<string>();
        foreach (var operation in (await ApiOperation.ReadAllAsync(system.Gateway)).Where(operation => operation.QueryParameters.Count > 0))
        {
            foreach (var parameter in operation.QueryParameters)
            {
                foreach (var value in new[] { "", "%00", "-1", "0", "abc", "1e999", "99999999999999999999", "%ff%fe", "%0d%0aX:%20y", "'%20or%201=1--", "%", "9999-99-99", Long[..1_500] })
                {
                    using var request = operation.Request(link.Id.ToString(), $"?{parameter}={value}");
                    using var answer = await user.Http.SendAsync(request);
                    var text = await answer.Content.ReadAsStringAsync();
                    if ((int)answer.StatusCode >= 500 || ((int)answer.StatusCode >= 400 && !text.Contains("/problems/", StringComparison.Ordinal)))
                    {
                        wrong.Add($"{operation} ?{parameter}={value[..Math.Min(value.Length, 30)]}: {(int)answer.StatusCode} {text}");
                    }
                }
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task Invalid_ids_are_404_or_400()
    {
        using var user = await system.NewUserAsync();
        var wrong = new List<string>();
        foreach (var operation in (await ApiOperation.ReadAllAsync(system.Gateway)).Where(operation => operation.Path.Contains('{')))
        {
            foreach (var id in new[] { "x", "0", "%00", "..%2f..%2finternal", "00000000-0000-0000-0000-000000000000", "%ff", Long[..300] })
            {
                using var request = operation.Request(id);
                if (operation.BodyProperties is not null)
                {
                    request.Content = JsonContent.Create(new { });
                }

                using var answer = await user.Http.SendAsync(request);
                if (answer.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.BadRequest)
                    && !(answer.StatusCode is HttpStatusCode.Forbidden && operation.Path.StartsWith(ApiOperation.OfOperators, StringComparison.Ordinal)))
                {
                    wrong.Add($"{operation} with {id[..Math.Min(id.Length, 20)]}: {(int)answer.StatusCode}");
                }
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.com/")]
    [InlineData("//example.com/")]
    [InlineData("example.com")]
    [InlineData("https://")]
    [InlineData("https://user:password@example.com/")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:10.0.0.1]/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://localhost:5432/")]
    [InlineData("https://example.com/\r\nSet-Cookie: a=b")]
    [InlineData("https://example.com/\u0000")]
    [InlineData(" https://example.com/")]
    [InlineData("https://example.com/ with spaces")]
    [InlineData("https:\\\\example.com\\")]
    public async Task Hostile_destinations_are_refused_by_name_and_change_nothing(string destination)
    {
        using var user = await system.NewUserAsync();
        using var answer = await user.Http.PostAsJsonAsync("/api/v1/links", new { url = destination });

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("type").GetString().ShouldBe("/problems/validation");
        problem.GetProperty("errors").TryGetProperty("url", out _).ShouldBeTrue(problem.ToString());
        await NothingChangedAsync(user);
    }

    [Fact]
    public async Task A_loop_to_our_own_short_host_is_refused()
    {
        using var user = await system.NewUserAsync();
        using var answer = await user.Http.PostAsJsonAsync("/api/v1/links", new { url = new Uri(system.Gateway, "/abc").AbsoluteUri });
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static async Task ExpectProblemAsync(LinkShortClient user, ApiOperation operation, string what, byte[] body, string contentType, List<string> wrong)
    {
        using var request = operation.Request(Guid.NewGuid().ToString());
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        try
        {
            using var answer = await user.Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            // Signing out accepts any text as a token: none can be used to refresh afterwards.
            if (answer.StatusCode == HttpStatusCode.NoContent && operation.Path == "/api/v1/auth/logout")
            {
                return;
            }

            if ((int)answer.StatusCode is < 400 or >= 500 || !text.Contains("\"type\":\"/problems/", StringComparison.Ordinal))
            {
                wrong.Add($"{operation} with {what}: {(int)answer.StatusCode} {text}");
            }
        }
        catch (HttpRequestException) when (body.Length > 1_000_000)
        {
            // The gateway may close the connection before the client has sent all of an oversized body.
        }
    }

    private static async Task NothingChangedAsync(LinkShortClient user)
    {
        (await user.Http.GetFromJsonAsync<JsonElement>("/api/v1/links")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await user.Http.GetFromJsonAsync<JsonElement>("/api/v1/api-keys")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }
}
