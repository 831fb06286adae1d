using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace LinkShort.Identity.Tests;

/// <summary>Every endpoint with a body × every kind of wrong body: a 4xx problem that names the field, and no change.</summary>
public sealed class BadInputTests(IdentityApplication identity)
{
    /// <summary>Method, path, a body that is valid except for its secrets, and its required fields.</summary>
    private static readonly (string Name, HttpMethod Method, string Path, string Body, string[] Required)[] Endpoints =
    [
        ("register", HttpMethod.Post, "/api/v1/auth/register", """{"email":"new-UNIQUE@example.com","password":"Correct-Horse-7","name":"Ada","locale":"en"}""", ["email", "password"]),
        ("login", HttpMethod.Post, "/api/v1/auth/login", """{"email":"new-UNIQUE@example.com","password":"Correct-Horse-7"}""", ["email", "password"]),
        ("refresh", HttpMethod.Post, "/api/v1/auth/refresh", """{"refreshToken":"AAAA"}""", ["refreshToken"]),
        ("logout", HttpMethod.Post, "/api/v1/auth/logout", """{"refreshToken":"AAAA"}""", ["refreshToken"]),
        ("verify", HttpMethod.Post, "/api/v1/auth/email/verify", """{"token":"AAAA"}""", ["token"]),
        ("resend", HttpMethod.Post, "/api/v1/auth/email/resend", """{"email":"new-UNIQUE@example.com"}""", ["email"]),
        ("forgot", HttpMethod.Post, "/api/v1/auth/password/forgot", """{"email":"new-UNIQUE@example.com"}""", ["email"]),
        ("reset", HttpMethod.Post, "/api/v1/auth/password/reset", """{"token":"AAAA","password":"Correct-Horse-7"}""", ["token", "password"]),
        ("confirm change", HttpMethod.Post, "/api/v1/auth/email/change/confirm", """{"token":"AAAA"}""", ["token"]),
        ("cancel change", HttpMethod.Post, "/api/v1/auth/email/change/cancel", """{"token":"AAAA"}""", ["token"]),
        ("change password", HttpMethod.Post, "/api/v1/me/password", """{"currentPassword":"Wrong-Horse-7-Battery","newPassword":"Other-Horse-7-Battery"}""", ["currentPassword", "newPassword"]),
        ("change e-mail", HttpMethod.Post, "/api/v1/me/email", """{"email":"other-UNIQUE@example.com","password":"Wrong-Horse-7-Battery"}""", ["email"]),
        ("profile", HttpMethod.Patch, "/api/v1/me", """{"name":"Ada","locale":"de"}""", []),
        ("api key", HttpMethod.Post, "/api/v1/api-keys", """{"name":"key","scopes":["links:read"],"expiresAt":"2030-01-01T00:00:00Z"}""", ["name", "scopes"]),
        ("exchange", HttpMethod.Post, "/internal/api-keys/exchange", """{"key":"ls_live_AAAA"}""", ["key"]),
    ];

    public static TheoryData<string> Names => [.. Endpoints.Select(endpoint => endpoint.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_field_of_the_wrong_kind_is_named(string name)
    {
        var (_, method, path, body, required) = Endpoint(name);
        using var client = await ClientAsync();
        var before = await StateAsync(client);
        foreach (var (field, good) in JsonNode.Parse(body)!.AsObject())
        {
            var wrong = new List<string> { "12", "true", "{}", """{"a":1}""", "[[]]", "1e999", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00\\ud800\"" };
            if (good is JsonValue)
            {
                wrong.Add("[]");
                wrong.Add("""["x"]""");
            }

            if (required.Contains(field))
            {
                wrong.Add("null");
            }

            foreach (var value in wrong)
            {
                using var response = await SendAsync(client, method, path, Replace(body, field, value));
                await ShouldNameAsync(response, field, value);
            }
        }

        (await StateAsync(client)).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_missing_field_is_named(string name)
    {
        var (_, method, path, body, required) = Endpoint(name);
        using var client = await ClientAsync();
        foreach (var field in required)
        {
            var without = JsonNode.Parse(body)!.AsObject();
            without.Remove(field);
            using var response = await SendAsync(client, method, path, without.ToJsonString());
            await ShouldNameAsync(response, field, "missing");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_unknown_or_doubled_field_is_named(string name)
    {
        var (_, method, path, body, _) = Endpoint(name);
        using var client = await ClientAsync();
        var before = await StateAsync(client);
        using var unknown = await SendAsync(client, method, path, body.Insert(1, "\"isAdmin\":true,"));
        await ShouldNameAsync(unknown, "isAdmin", "unknown");
        var (field, value) = JsonNode.Parse(body)!.AsObject().First();
        using var doubled = await SendAsync(client, method, path, body.Insert(1, $"\"{field}\":{value!.ToJsonString()},"));
        doubled.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StateAsync(client)).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_no_object_of_JSON_is_refused(string name)
    {
        var (_, method, path, body, _) = Endpoint(name);
        using var client = await ClientAsync();
        var before = await StateAsync(client);
        var bodies = new Dictionary<string, byte[]>
        {
            ["empty"] = [],
            ["null"] = "null"u8.ToArray(),
            ["array"] = Encoding.UTF8.GetBytes($"[{body}]"),
            ["text"] = "\"text\""u8.ToArray(),
            ["number"] = "5"u8.ToArray(),
            ["cut"] = Encoding.UTF8.GetBytes(body[..^3]),
            ["trailing"] = Encoding.UTF8.GetBytes(body + "}"),
            ["comment"] = Encoding.UTF8.GetBytes("/* hi */" + body),
            ["deep"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("[", 10_000))),
            ["form"] = "email=a&password=b"u8.ToArray(),
            ["invalid UTF-8"] = [.. "{\"name\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8],
            ["UTF-16"] = Encoding.Unicode.GetBytes(body),
            ["NUL bytes"] = new byte[64],
        };
        foreach (var (what, bytes) in bodies)
        {
            using var response = await client.SendRawAsync(method, path, bytes);
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, await SlugAsync(response));
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, what);
        }

        using var form = await client.SendRawAsync(method, path, Encoding.UTF8.GetBytes(body), "application/x-www-form-urlencoded");
        await form.ShouldBeProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        using var charset = await client.SendRawAsync(method, path, Encoding.UTF8.GetBytes(body), "application/json; charset=nonsense");
        ((int)charset.StatusCode).ShouldBeInRange(400, 499);
        (await StateAsync(client)).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Oversized_text_is_refused(string name)
    {
        var (_, method, path, body, _) = Endpoint(name);
        using var client = await ClientAsync();
        var before = await StateAsync(client);
        foreach (var (field, good) in JsonNode.Parse(body)!.AsObject())
        {
            var huge = "\"" + new string('x', 50_000) + "\"";
            using var response = await SendAsync(client, method, path, Replace(body, field, good is JsonArray ? $"[{huge}]" : huge));
            // An overlong token or key is as unknown as any other, and logging it out succeeds.
            ((int)response.StatusCode).ShouldBeOneOf(field is "token" ? 410 : name is "refresh" ? 401 : name is "exchange" ? 404 : name is "logout" ? 204 : 400);
            if (response.StatusCode == HttpStatusCode.BadRequest)
            {
                await ShouldNameAsync(response, field, "huge");
            }
        }

        (await StateAsync(client)).ShouldBe(before);
    }

    [Theory]
    [InlineData("/api/v1/me")]
    [InlineData("/api/v1/api-keys")]
    [InlineData("/api/v1/auth/register")]
    public async Task Other_methods_are_refused(string path)
    {
        using var client = await ClientAsync();
        using var response = await client.SendRawAsync(HttpMethod.Put, path, "{}"u8.ToArray());
        await response.ShouldBeProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    private static (string Name, HttpMethod Method, string Path, string Body, string[] Required) Endpoint(string name)
    {
        var endpoint = Endpoints.Single(candidate => candidate.Name == name);
        return endpoint with { Body = endpoint.Body.Replace("UNIQUE", Guid.NewGuid().ToString("N"), StringComparison.Ordinal) };
    }

    /// <summary>With an access token and the internal key, because validation comes after both.</summary>
    private async Task<HttpClient> ClientAsync()
    {
        var client = await (await identity.RegisterAsync()).SignedInAsync();
        client.DefaultRequestHeaders.Add(ServiceDefaults.Auth.InternalKey.Header, LinkShort.Testing.Servers.InternalKey);
        return client;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string body) =>
        client.SendRawAsync(method, path, Encoding.UTF8.GetBytes(body));

    private static string Replace(string body, string field, string rawValue)
    {
        var marker = "MARK" + Guid.NewGuid().ToString("N");
        var changed = JsonNode.Parse(body)!.AsObject();
        changed[field] = marker;
        return changed.ToJsonString().Replace($"\"{marker}\"", rawValue, StringComparison.Ordinal);
    }

    /// <summary>The caller's profile.</summary>
    private static async Task<string> StateAsync(HttpClient client) =>
        await client.GetStringAsync("/api/v1/me") + await client.GetStringAsync("/api/v1/api-keys") + await client.GetStringAsync("/api/v1/workspaces");

    private static async Task<string> SlugAsync(HttpResponseMessage response) =>
        (await response.Content.ReadAsStringAsync()).Contains("/problems/validation", StringComparison.Ordinal) ? "validation" : "bad-request";

    private static async Task ShouldNameAsync(HttpResponseMessage response, string field, string value)
    {
        var problem = await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation");
        var named = problem.Errors.ShouldNotBeNull().Keys;
        named.ShouldContain(key => key == field || key.StartsWith(field + ".", StringComparison.Ordinal) || key.StartsWith(field + "[", StringComparison.Ordinal),
            string.Create(CultureInfo.InvariantCulture, $"{field} = {value} was answered with errors on {string.Join(", ", named)}"));
    }
}
