using System.Net;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Gateway.Tests;

public sealed class OpenApiTests(ServersAndIssuer shared)
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
    public async Task One_document_holds_the_public_paths_of_all_services()
    {
        await using var stage = await StartAsync();

        var document = await DocumentAsync(stage);

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
    public async Task Components_of_the_same_name_stay_separate()
    {
        await using var stage = await StartAsync();

        var document = await DocumentAsync(stage);

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
    public async Task A_service_that_is_down_keeps_its_part_and_one_never_seen_is_missing_alone()
    {
        var clock = new AdvancingClock();
        await using var stage = await StartAsync(clock);
        stage["analytics"].Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };

        (await DocumentAsync(stage))["paths"]!.AsObject().Count.ShouldBe(3);
        await stage["links"].DisposeAsync();
        stage["analytics"].Answer = Serve(Analytics);

        (await DocumentAsync(stage))["paths"]!.AsObject().Count.ShouldBe(3, "the services are asked at most every ten seconds");
        clock.Advance(TimeSpan.FromSeconds(10));
        var later = await DocumentAsync(stage);
        later["paths"]!.AsObject().Count.ShouldBe(4);
        later["paths"]!.AsObject().ShouldContain(path => path.Key == "/api/v1/links");
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
        await using var stage = await Stage.StartAsync(shared, settings: [("services:links:http:0", service.Urls.First())]);

        var document = await DocumentAsync(stage);

        var fields = document["components"]!["schemas"]!["OpenApiTestsSample"]!["properties"]!;
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

    [Fact]
    public async Task The_document_is_a_page_without_scripts_inline_styles_or_other_hosts()
    {
        await using var stage = await StartAsync();

        using var response = await stage.Gateway.GetAsync(new Uri("/api/docs", UriKind.Relative));

        response.Content.Headers.ContentType?.ToString().ShouldBe("text/html; charset=utf-8");
        var page = await response.Content.ReadAsStringAsync();
        foreach (var expected in new[] { "/api/v1/auth/login", "Signs in", "LinksRequest", "limit", "up to 200", "The item above", "The best part", "An &lt;e-mail&gt;", "<h2 id=\"analytics\">", "No token required" })
        {
            page.ShouldContain(expected);
        }

        page.ShouldNotContain("<script");
        page.ShouldNotContain("<style");
        page.ShouldNotContain("style=");
        page.ShouldNotContain("http://");
        page.ShouldNotContain("https://");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/api/docs");
        again.Headers.Add("If-None-Match", response.Header("ETag"));
        (await stage.Gateway.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    /// <summary>The system clock, which a test can advance.</summary>
    private sealed class AdvancingClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => System.GetUtcNow().Ticks + Interlocked.Read(ref _ticks);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
    }

    private sealed record Sample(string Url, string? Title, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Tags);

    private async Task<Stage> StartAsync(TimeProvider? clock = null)
    {
        var stage = await Stage.StartAsync(shared, settings: [("RateLimits:ApiCall:PermitLimit", "10000")], clock: clock);
        stage["identity"].Answer = Serve(Identity);
        stage["links"].Answer = Serve(Links);
        stage["analytics"].Answer = Serve(Analytics);
        return stage;
    }

    private static Func<HttpContext, Task> Serve(string document) => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(document);
    };

    private static async Task<JsonNode> DocumentAsync(Stage stage)
    {
        using var response = await stage.Gateway.GetAsync(new Uri("/api/v1/openapi.json", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    private static string SchemaOf(JsonNode holder) => holder["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>();

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [member.Value!.GetValue<string>()] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
