using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

/// <summary>Every endpoint that takes a body, as routing lists them: a malformed request is the caller's error and changes nothing.</summary>
public sealed class MalformedTests(IdentityApplication identity)
{
    private static readonly Dictionary<string, byte[]> Bodies = new()
    {
        ["nothing"] = [],
        ["null"] = "null"u8.ToArray(),
        ["an array"] = "[{}]"u8.ToArray(),
        ["a text"] = "\"text\""u8.ToArray(),
        ["a number"] = "1e400"u8.ToArray(),
        ["a cut object"] = "{\"a\":"u8.ToArray(),
        ["an object and a half"] = "{}}"u8.ToArray(),
        ["arrays without end"] = Encoding.UTF8.GetBytes(new string('[', 20_000)),
        ["objects without end"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))),
        ["deep but whole"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 500)) + "1" + new string('}', 500)),
        ["a field nobody knows"] = "{\"isAdmin\":true}"u8.ToArray(),
        ["a huge field"] = Encoding.UTF8.GetBytes($"{{\"{new string('n', 30_000)}\":\"{new string('v', 30_000)}\"}}"),
        ["no UTF-8"] = [.. "{\"name\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8],
        ["UTF-16"] = Encoding.Unicode.GetBytes("{\"name\":\"x\"}"),
        ["NUL bytes"] = new byte[256],
        ["a NUL in a field's name"] = "{\"na\\u0000me\":1}"u8.ToArray(),
        ["half a character"] = "{\"name\":\"\\ud800\"}"u8.ToArray(),
        ["XML"] = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>"u8.ToArray(),
    };

    [Fact]
    public async Task A_malformed_request_is_refused_by_every_endpoint_and_changes_nothing()
    {
        var (account, client) = await SignedInAsync();
        using var _ = client;
        var before = await StateAsync(client, account);
        var wrong = new List<string>();
        var endpoints = WithBodies();
        endpoints.Count.ShouldBeGreaterThan(30);
        foreach (var (method, pattern, mayBeEmpty) in endpoints)
        {
            foreach (var (what, bytes) in Bodies.Where(body => !(mayBeEmpty && body.Key is "nothing" or "null")))
            {
                using var response = await client.SendRawAsync(new HttpMethod(method), Fill(pattern, account), bytes);
                if (await ProblemAsync(response, [400, 403, 404, 413]) is { } complaint)
                {
                    wrong.Add($"{method} {pattern}, {what}: {complaint}");
                }
            }
        }

        wrong.ShouldBeEmpty();
        (await StateAsync(client, account)).ShouldBe(before);
    }

    [Fact]
    public async Task Another_content_type_is_refused_by_every_endpoint_and_changes_nothing()
    {
        var (account, client) = await SignedInAsync();
        using var _ = client;
        var before = await StateAsync(client, account);
        var wrong = new List<string>();
        foreach (var (method, pattern, _) in WithBodies())
        {
            foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/json; charset=nonsense", "nonsense" })
            {
                using var response = await client.SendRawAsync(new HttpMethod(method), Fill(pattern, account), "{\"name\":\"changed\"}"u8.ToArray(), type);
                if (await ProblemAsync(response, [415]) is { } complaint)
                {
                    wrong.Add($"{method} {pattern}, {type}: {complaint}");
                }
            }
        }

        wrong.ShouldBeEmpty();
        (await StateAsync(client, account)).ShouldBe(before);
    }

    private async Task<(Account Account, HttpClient Client)> SignedInAsync()
    {
        var account = await identity.RegisterAsync();
        return (account, await account.SignedInAsync());
    }

    private List<(string Method, string Pattern, bool MayBeEmpty)> WithBodies() =>
    [
        .. identity.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("api/", StringComparison.Ordinal))
            .Select(endpoint => (Endpoint: endpoint, Accepts: endpoint.Metadata.GetMetadata<IAcceptsMetadata>()))
            .Where(found => found.Accepts is not null)
            .SelectMany(found => found.Endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(method =>
                (method, "/" + found.Endpoint.RoutePattern.RawText!.Trim('/'), found.Accepts!.IsOptional))),
    ];

    /// <returns>Null for one of our problems with an expected status.</returns>
    private static async Task<string?> ProblemAsync(HttpResponseMessage response, int[] expected)
    {
        var body = await response.Content.ReadAsStringAsync();
        return expected.Contains((int)response.StatusCode) && response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            && body.Contains("\"traceId\"", StringComparison.Ordinal) && !body.Contains("   at ", StringComparison.Ordinal)
            ? null
            : $"{(int)response.StatusCode} {body}";
    }

    private static async Task<string> StateAsync(HttpClient client, Account account)
    {
        var state = new StringBuilder();
        foreach (var path in new[] { "/api/v1/me", "/api/v1/me/2fa", "/api/v1/me/passkeys", "/api/v1/me/consents", "/api/v1/api-keys", "/api/v1/workspaces", $"/api/v1/workspaces/{account.WorkspaceId}/invitations" })
        {
            using var response = await client.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            state.AppendLine(await response.Content.ReadAsStringAsync());
        }

        return state.ToString();
    }

    private static string Fill(string path, Account account) => path
        .Replace("{id}", account.WorkspaceId.ToString(), StringComparison.Ordinal)
        .Replace("{name}", "registrations", StringComparison.Ordinal)
        .Replace("{userId}", account.Id.ToString(), StringComparison.Ordinal)
        .Replace("{invitationId}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal);
}
