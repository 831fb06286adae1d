extern alias analytics;
extern alias billing;
extern alias identity;
extern alias links;

using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using LinkShort.Testing;

namespace LinkShort.Gateway.Tests;

public sealed class OpenApiTests(ServersAndIssuer shared)
{
    private const string ApproveVariable = "APPROVE_OPENAPI";
    private const string Document = "/api/v1/openapi.json";

    // Keeps apostrophes and angle brackets readable; this JSON is never embedded in HTML.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    [Fact]
    public async Task The_document_is_what_the_services_describe_whether_or_not_they_are_up()
    {
        var described = DocumentMerge.Merge(
        [
            ("identity", await ServiceDescription.ReadAsync<identity::Program>()),
            ("links", await ServiceDescription.ReadAsync<links::Program>()),
            ("analytics", await ServiceDescription.ReadAsync<analytics::Program>()),
            ("billing", await ServiceDescription.ReadAsync<billing::Program>()),
        ]).ToJsonString(Readable) + "\n";
        if (Environment.GetEnvironmentVariable(ApproveVariable) == "1")
        {
            await File.WriteAllTextAsync(Path.Combine(Folder(), "../../gateway/OpenApi/openapi.json"), described);
            return;
        }

        await using var stage = await Stage.StartAsync(shared);
        foreach (var service in new[] { "identity", "links", "analytics", "billing" })
        {
            await stage[service].DisposeAsync();
        }

        using var response = await stage.Gateway.GetAsync(new Uri(Document, UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe(
            described, $"The API has changed. Run  {ApproveVariable}=1 dotnet test tests/Gateway.Tests  and commit gateway/OpenApi/openapi.json.");
        using var again = new HttpRequestMessage(HttpMethod.Get, Document);
        again.Headers.Add("If-None-Match", response.Header("ETag"));
        (await stage.Gateway.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Theory]
    [InlineData(Document, "application/json; charset=utf-8")]
    [InlineData("/api/docs", "text/html; charset=utf-8")]
    [InlineData("/api/docs/", "text/html; charset=utf-8")]
    [InlineData("/api/docs/reference.js", "text/javascript; charset=utf-8")]
    [InlineData("/api/docs/scalar.js", "text/javascript")]
    public async Task Documents_answer_HEAD_as_GET(string path, string contentType)
    {
        await using var stage = await Stage.StartAsync(shared);
        using var get = await stage.Gateway.GetAsync(new Uri(path, UriKind.Relative));
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var head = await stage.Gateway.SendAsync(request);

        get.StatusCode.ShouldBe(HttpStatusCode.OK);
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        get.Content.Headers.ContentType?.ToString().ShouldBe(contentType);
        head.Content.Headers.ContentType?.ToString().ShouldBe(contentType);
        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_reference_loads_nothing_from_another_host()
    {
        await using var stage = await Stage.StartAsync(shared);

        using var response = await stage.Gateway.GetAsync(new Uri("/api/docs", UriKind.Relative));

        var page = await response.Content.ReadAsStringAsync();
        page.ShouldNotContain("http://");
        page.ShouldNotContain("https://");
        var policy = response.Header("Content-Security-Policy").ShouldNotBeNull();
        policy.ShouldContain("script-src 'self';");
        policy.ShouldContain("style-src 'self' 'unsafe-inline';");
        policy.ShouldContain("connect-src 'self';");
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
