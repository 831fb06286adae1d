using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Gateway.Tests;

public sealed class DocumentMergeTests
{
    private const string Identity = """
        {
          "openapi": "3.1.1",
          "paths": {
            "/api/v1/auth/login": { "post": { "tags": ["Auth"], "operationId": "LogIn", "summary": "Signs in", "security": [],
              "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Request" } } } },
              "responses": { "200": { "description": "OK" }, "400": { "description": "Bad", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } } } } },
            "/api/v1/me": { "get": { "tags": ["Profile"], "operationId": "Get", "responses": { "200": { "description": "OK" } } } },
            "/internal/keys": { "post": { "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Secret" } } } } } } },
            "/health": { "get": { "responses": {} } }
          },
          "components": { "schemas": {
            "Request": { "type": "object", "required": ["email"], "properties": { "email": { "type": "string", "description": "An <e-mail>" }, "password": { "type": "string", "minLength": 8 } } },
            "Problem": { "type": "object", "properties": { "type": { "type": "string" } } },
            "Secret": { "type": "string" } } },
          "tags": [ { "name": "Auth", "description": "Signing in" } ]
        }
        """;

    private const string Links = """
        {
          "openapi": "3.1.1",
          "paths": {
            "/api/v1/links": {
              "get": { "tags": ["Links"], "operationId": "Get", "parameters": [ { "name": "limit", "in": "query", "schema": { "type": "integer", "maximum": 200 } } ],
                "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Page" } } } } } },
              "post": { "tags": ["Links"], "operationId": "CreateLink", "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Request" } } } },
                "responses": { "201": { "description": "Created" }, "400": { "description": "Bad", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } } } } }
          },
          "components": { "schemas": {
            "Request": { "type": "object", "properties": { "url": { "type": "string" } } },
            "Page": { "type": "object", "properties": { "items": { "type": "array", "items": { "$ref": "#/components/schemas/Item" } } } },
            "Item": { "type": "object", "properties": { "id": { "type": "string", "format": "uuid" }, "parent": { "oneOf": [ { "type": "null" }, { "$ref": "#/components/schemas/Item" } ], "description": "The item above" },
              "parts": { "type": [ "null", "array" ], "items": { "$ref": "#/components/schemas/Item" } }, "best": { "$ref": "#/components/schemas/Item", "description": "The best part" } } },
            "Problem": { "type": "object", "properties": { "type": { "type": "string" } } } } }
        }
        """;

    /// <summary>Its page looks like links', but its items differ.</summary>
    private const string Analytics = """
        {
          "openapi": "3.1.1",
          "paths": { "/api/v1/links/{id}/analytics": { "get": { "tags": ["Analytics"], "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Page" } } } } } } } },
          "components": { "schemas": {
            "Page": { "type": "object", "properties": { "items": { "type": "array", "items": { "$ref": "#/components/schemas/Item" } } } },
            "Item": { "type": "object", "properties": { "clicks": { "type": "integer" } } } } }
        }
        """;

    [Fact]
    public void One_document_holds_the_public_paths_of_all_services()
    {
        var document = Merged();

        document["openapi"]!.GetValue<string>().ShouldStartWith("3.1");
        document["paths"]!.AsObject().Select(path => path.Key).ShouldBe(
            ["/api/v1/auth/login", "/api/v1/links", "/api/v1/links/{id}/analytics", "/api/v1/me"]);
        document["tags"]!.AsArray().Select(tag => tag!["name"]!.GetValue<string>()).ShouldBe(["Analytics", "Auth", "Links", "Profile"]);
        document["tags"]![1]!["description"]!.GetValue<string>().ShouldBe("Signing in");
        document["servers"]![0]!["url"]!.GetValue<string>().ShouldBe("/");
        document["components"]!["securitySchemes"]!["bearer"]!["scheme"]!.GetValue<string>().ShouldBe("bearer");
        document["paths"]!["/api/v1/auth/login"]!["post"]!["security"]!.AsArray().ShouldBeEmpty();
        document["paths"]!["/api/v1/me"]!["get"]!["security"]!.ToJsonString().ShouldBe("""[{"bearer":[]}]""");
        document.ToJsonString().ShouldNotContain("Secret");
    }

    [Fact]
    public void Components_of_the_same_name_stay_separate()
    {
        var document = Merged();

        var schemas = document["components"]!["schemas"]!.AsObject();
        schemas.Select(schema => schema.Key).Order().ShouldBe(["AnalyticsItem", "AnalyticsPage", "Item", "LinksRequest", "Page", "Problem", "Request"]);
        SchemaOf(document["paths"]!["/api/v1/links"]!["post"]!["requestBody"]!).ShouldBe("#/components/schemas/LinksRequest");
        SchemaOf(document["paths"]!["/api/v1/auth/login"]!["post"]!["requestBody"]!).ShouldBe("#/components/schemas/Request");
        SchemaOf(document["paths"]!["/api/v1/links/{id}/analytics"]!["get"]!["responses"]!["200"]!).ShouldBe("#/components/schemas/AnalyticsPage");
        schemas["AnalyticsPage"]!["properties"]!["items"]!["items"]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/AnalyticsItem");
        schemas["Item"]!["properties"]!["parent"]!["oneOf"]![1]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/Item");
        schemas["Item"]!["properties"]!["parts"]!["items"]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/Item");
        schemas["Item"]!["properties"]!["best"]!["description"]!.GetValue<string>().ShouldBe("The best part");
        var ids = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => operation.Value!["operationId"]?.GetValue<string>()).OfType<string>().ToList();
        ids.ShouldBeUnique();
        References(document).ShouldAllBe(reference => reference.Substring("#/".Length).Split('/', StringSplitOptions.None).Aggregate((JsonNode?)document, (at, step) => at![step]) != null);
    }

    [Fact]
    public async Task A_service_with_our_defaults_is_described_with_its_types_and_security()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.AddHttpDefaults();
        await using var service = builder.Build();
        service.UseHttpDefaults();
        service.MapDefaultEndpoints();
        service.MapPost("/api/v1/links", (Sample sample) => TypedResults.Ok(sample));
        service.MapPost("/api/v1/links/open", (Sample sample) => TypedResults.Ok(sample)).AllowAnonymous();
        await service.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(service.Urls.First()) };

        var document = DocumentMerge.Merge([("links", (await http.GetFromJsonAsync<JsonObject>("/openapi/v1.json"))!)]);

        var fields = document["components"]!["schemas"]!["DocumentMergeTestsSample"]!["properties"]!;
        TypesOf(fields["url"]).ShouldBe(["string"]);
        TypesOf(fields["title"]).ShouldBe(["null", "string"]);
        TypesOf(fields["createdAt"]).ShouldBe(["string"]);
        TypesOf(fields["expiresAt"]).ShouldBe(["null", "string"]);
        fields["expiresAt"]!["format"]!.GetValue<string>().ShouldBe("date-time");
        TypesOf(fields["tags"]!["items"]).ShouldBe(["string"]);
        document["paths"]!["/api/v1/links"]!["post"]!["security"]!.AsArray().Count.ShouldBe(1);
        document["paths"]!["/api/v1/links/open"]!["post"]!["security"]!.AsArray().ShouldBeEmpty();

        static IEnumerable<string> TypesOf(JsonNode? schema) =>
            schema!["type"] is JsonArray several ? several.Select(type => type!.GetValue<string>()).Order() : [schema["type"]!.GetValue<string>()];
    }

    private sealed record Sample(string Url, string? Title, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Tags);

    private static JsonObject Merged() => DocumentMerge.Merge(
    [
        ("identity", JsonNode.Parse(Identity)!.AsObject()), ("links", JsonNode.Parse(Links)!.AsObject()), ("analytics", JsonNode.Parse(Analytics)!.AsObject()),
    ]);

    private static string SchemaOf(JsonNode holder) => holder["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>();

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [member.Value!.GetValue<string>()] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
