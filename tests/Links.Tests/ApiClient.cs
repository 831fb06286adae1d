using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace LinkShort.Links.Tests;

/// <summary>The API as one workspace sees it, in raw JSON.</summary>
public sealed class ApiClient(HttpClient http, Guid workspace) : IDisposable
{
    private const string Links = "/api/v1/links";

    public Guid Workspace { get; } = workspace;

    public HttpClient Http { get; } = http;

    public Task<ApiAnswer> CreateAsync(object body, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, Links, body, ("Idempotency-Key", idempotencyKey));

    /// <summary>Creates a link and returns it; anything but 201 fails the test.</summary>
    public async Task<JsonObject> CreatedAsync(object? body = null)
    {
        var answer = await CreateAsync(body ?? new { url = "https://example.com/" });
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        return answer.Json;
    }

    public Task<ApiAnswer> GetAsync(object id, string? ifNoneMatch = null) =>
        SendAsync(HttpMethod.Get, $"{Links}/{id}", null, ("If-None-Match", ifNoneMatch));

    public Task<ApiAnswer> ListAsync(string query = "") => SendAsync(HttpMethod.Get, Links + query);

    /// <summary>All pages of the list.</summary>
    public async Task<List<JsonObject>> ListAllAsync(string query, Func<int, Task>? afterPage = null)
    {
        var items = new List<JsonObject>();
        string? cursor = null;
        for (var page = 0; page == 0 || cursor is not null; page++)
        {
            var answer = await ListAsync($"?{query}{(cursor is null ? "" : $"&cursor={cursor}")}");
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
            items.AddRange(answer.Json["items"]!.AsArray().Select(item => item!.AsObject()));
            cursor = (string?)answer.Json["nextCursor"];
            await (afterPage?.Invoke(page) ?? Task.CompletedTask);
        }

        return items;
    }

    public Task<ApiAnswer> ChangeAsync(object id, object body, string? ifMatch = null) =>
        SendAsync(HttpMethod.Patch, $"{Links}/{id}", body, ("If-Match", ifMatch));

    public Task<ApiAnswer> DeleteAsync(object id, string? ifMatch = null) =>
        SendAsync(HttpMethod.Delete, $"{Links}/{id}", null, ("If-Match", ifMatch));

    public Task<ApiAnswer> DeletePermanentlyAsync(object id, string? ifMatch = null) =>
        SendAsync(HttpMethod.Delete, $"{Links}/{id}?permanent=true", null, ("If-Match", ifMatch));

    public Task<ApiAnswer> DuplicateAsync(object id, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, $"{Links}/{id}/duplicate", null, ("Idempotency-Key", idempotencyKey));

    /// <summary>Changes many links.</summary>
    public Task<ApiAnswer> ChangeAllAsync(object body) => SendAsync(HttpMethod.Patch, Links, body);

    public Task<ApiAnswer> ArchiveAsync(object id, string? ifMatch = null) =>
        SendAsync(HttpMethod.Post, $"{Links}/{id}/archive", null, ("If-Match", ifMatch));

    public Task<ApiAnswer> RestoreAsync(object id) => SendAsync(HttpMethod.Post, $"{Links}/{id}/restore");

    /// <param name="body">Text and bytes are sent unchanged, anything else as JSON.</param>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string? Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = body switch
        {
            null => null,
            HttpContent content => content,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            byte[] bytes => new ByteArrayContent(bytes) { Headers = { ContentType = new("application/json") } },
            _ => JsonContent.Create(body),
        };
        foreach (var (name, value) in headers)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
            }
        }

        using var response = await Http.SendAsync(request);
        return new ApiAnswer(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public void Dispose() => Http.Dispose();
}

public sealed record ApiAnswer(HttpStatusCode Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Asserts problem details of this type, and returns them.</summary>
    public JsonObject ShouldBeProblem(HttpStatusCode status, string slug)
    {
        Status.ShouldBe(status, Text);
        Header("Content-Type").ShouldStartWith("application/problem+json");
        ((string?)Json["type"]).ShouldBe("/problems/" + slug);
        ((int?)Json["status"]).ShouldBe((int)status);
        ((string?)Json["traceId"]).ShouldNotBeNullOrEmpty();
        return Json;
    }

    /// <summary>Asserts a 400 whose errors contain this field.</summary>
    public void ShouldRefuse(string field)
    {
        var problem = ShouldBeProblem(HttpStatusCode.BadRequest, "validation");
        problem["errors"].ShouldNotBeNull(Text);
        problem["errors"]!.AsObject().Select(error => error.Key).ShouldContain(field, Text);
        problem["errors"]![field]!.AsArray().ShouldAllBe(message => ((string?)message)!.Length > 3);
    }

    public override string ToString() => $"{(int)Status} {Text}";
}
