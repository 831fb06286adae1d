using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace LinkShort.Billing.Tests;

/// <summary>The API as one workspace sees it, in raw JSON.</summary>
public sealed class ApiClient(HttpClient http, Guid workspace) : IDisposable
{
    public Guid Workspace { get; } = workspace;

    public HttpClient Http { get; } = http;

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string? Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri("/api/v1/" + path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request);
        return new ApiAnswer(response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => Http.Dispose();
}

public sealed record ApiAnswer(HttpStatusCode Status, string Text)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    /// <summary>Asserts 200, and returns the body.</summary>
    public JsonObject ShouldBeOk()
    {
        Status.ShouldBe(HttpStatusCode.OK, Text);
        return Json;
    }

    /// <summary>Asserts problem details of this type, and returns them.</summary>
    public JsonObject ShouldBeProblem(HttpStatusCode status, string slug)
    {
        Status.ShouldBe(status, Text);
        ((string?)Json["type"]).ShouldBe("/problems/" + slug, Text);
        ((string?)Json["traceId"]).ShouldNotBeNullOrEmpty();
        return Json;
    }

    /// <summary>Asserts a 400 whose errors contain exactly these fields.</summary>
    public void ShouldRefuse(params string[] fields)
    {
        var problem = ShouldBeProblem(HttpStatusCode.BadRequest, "validation");
        problem["errors"]!.AsObject().Select(error => error.Key).ShouldBe(fields, ignoreOrder: true, Text);
    }
}
