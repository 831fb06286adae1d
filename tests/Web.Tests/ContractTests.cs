using System.Text.Json.Nodes;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The check that every test's exchanges with the API go through finds planted differences.</summary>
public sealed class ContractTests
{
    private const string Json = "application/json";
    private const string Workspace = """
        {"id":"0199f1a0-0000-7000-8000-000000000001","name":"Newsroom","plan":"free","personal":false,"role":"owner","requireTwoFactor":false,
         "deletionScheduledAt":null,"eraseAfter":null,"createdAt":"2026-11-22T07:00:00Z","updatedAt":"2026-11-22T07:00:00Z","version":1}
        """;

    [Theory]
    [InlineData("GET", "/api/v1/workspace")]
    [InlineData("PUT", "/api/v1/workspaces")]
    [InlineData("GET", "/api/v2/workspaces")]
    public async Task An_unknown_path_or_method_is_found(string method, string path) =>
        (await ApiDescription.LoadAsync()).Find(method, path).ShouldBeNull();

    [Fact]
    public async Task A_literal_path_comes_before_a_parameter()
    {
        var description = await ApiDescription.LoadAsync();
        description.Find("GET", "/api/v1/audit-log/verify").ShouldNotBeNull().Path.ShouldBe("/api/v1/audit-log/verify");
        description.Find("GET", "/api/v1/links/1/analytics").ShouldNotBeNull().Path.ShouldBe("/api/v1/links/{id}/analytics");
        description.Find("GET", "/api/v1/links").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_response_as_documented_passes()
    {
        var operation = await OperationAsync("GET", "/api/v1/workspaces/1");
        operation.CheckResponse(200, Json, Workspace, isFile: false).ShouldBeEmpty();
        operation.CheckResponse(404, "application/problem+json", """{"type":"/problems/not-found","traceId":"1"}""", isFile: false).ShouldBeEmpty();
        operation.CheckResponse(304, null, "", isFile: false).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(418, Json, "{}", "418")]
    [InlineData(200, "text/plain", "Newsroom", "text/plain")]
    [InlineData(404, Json, "{}", Json)]
    [InlineData(304, Json, "{}", "no body")]
    public async Task An_undocumented_status_media_type_or_body_is_found(int status, string mediaType, string body, string named) =>
        (await OperationAsync("GET", "/api/v1/workspaces/1")).CheckResponse(status, mediaType, body, isFile: false).ShouldHaveSingleItem().ShouldContain(named);

    [Theory]
    [InlineData("name", null, "name")]
    [InlineData("colour", "\"red\"", "colour")]
    [InlineData("personal", "\"yes\"", "personal")]
    [InlineData("version", "1.5", "version")]
    [InlineData("name", "null", "name")]
    public async Task A_missing_unknown_or_mistyped_member_is_found(string member, string? value, string named)
    {
        var body = JsonNode.Parse(Workspace)!.AsObject();
        body.Remove(member);
        if (value is not null)
        {
            body[member] = JsonNode.Parse(value);
        }

        var differences = (await OperationAsync("GET", "/api/v1/workspaces/1")).CheckResponse(200, Json, body.ToJsonString(), isFile: false);
        string.Join(' ', differences).ShouldContain(named);
    }

    [Theory]
    [InlineData("POST", "/api/v1/workspaces", """{"name":"Newsroom"}""", true)]
    [InlineData("POST", "/api/v1/workspaces", """{}""", false)]
    [InlineData("POST", "/api/v1/workspaces", """{"name":"Newsroom","colour":"red"}""", false)]
    [InlineData("POST", "/api/v1/workspaces", """{"name":1}""", false)]
    [InlineData("POST", "/api/v1/workspaces", null, false)]
    [InlineData("DELETE", "/api/v1/workspaces/1", null, true)]
    [InlineData("DELETE", "/api/v1/workspaces/1", "{}", false)]
    [InlineData("POST", "/api/v1/links", """{"url":"https://example.com","forwardQuery":"off"}""", true)]
    [InlineData("POST", "/api/v1/links", """{"url":"https://example.com","forwardQuery":"sometimes"}""", false)]
    [InlineData("POST", "/api/v1/links", """{"url":""}""", true)]
    public async Task A_request_that_the_api_would_not_read_is_found(string method, string path, string? body, bool isRead) =>
        (await OperationAsync(method, path)).CheckRequest(body).Any().ShouldBe(!isRead);

    private static async Task<ApiOperation> OperationAsync(string method, string path) =>
        (await ApiDescription.LoadAsync()).Find(method, path).ShouldNotBeNull();
}
