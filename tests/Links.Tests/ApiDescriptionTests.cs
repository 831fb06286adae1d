using System.Text.Json.Nodes;

namespace LinkShort.Links.Tests;

/// <summary>The link service's OpenAPI document.</summary>
public sealed class ApiDescriptionTests(LinksFixture fixture)
{
    [Fact]
    public async Task Every_field_that_can_be_sent_is_described()
    {
        var document = await DocumentAsync();
        foreach (var name in new[] { "CreateLinkRequest", "ChangeLinkRequest", "LinkUtm", "LinkRule", "RuleCondition", "TimeWindow", "QueryCondition", "LinkVariant", "LinkPreview", "LinkDeepLinks" })
        {
            foreach (var (field, schema) in Schema(document, name)["properties"]!.AsObject())
            {
                ((string?)schema!["description"]).ShouldNotBeNullOrEmpty($"{name}.{field}");
            }
        }
    }

    [Fact]
    public async Task Creation_and_change_have_separate_bodies()
    {
        var document = await DocumentAsync();
        BodyOf(document, "/api/v1/links", "post").ShouldBe("#/components/schemas/CreateLinkRequest");
        BodyOf(document, "/api/v1/links/{id}", "patch").ShouldBe("#/components/schemas/ChangeLinkRequest");
        Schema(document, "CreateLinkRequest")["required"]!.AsArray().Select(name => (string)name!).ShouldBe(["url"]);
        Schema(document, "ChangeLinkRequest")["required"].ShouldBeNull();
        var create = Schema(document, "CreateLinkRequest")["properties"]!.AsObject().Select(field => field.Key).ToArray();
        var change = Schema(document, "ChangeLinkRequest")["properties"]!.AsObject().Select(field => field.Key).ToArray();
        create.Except(change).ShouldBe(["domain"]);
        change.Except(create).ShouldBe(["aliases"]);
    }

    [Fact]
    public async Task Limits_choices_and_examples_are_described()
    {
        var document = await DocumentAsync();
        var create = Schema(document, "CreateLinkRequest")["properties"]!;
        ((long)create["maxClicks"]!["maximum"]!).ShouldBe(1_000_000_000);
        ((long)create["cacheSeconds"]!["maximum"]!).ShouldBe(86_400);
        ((bool)create["password"]!["writeOnly"]!).ShouldBeTrue();
        ((int)create["password"]!["maxLength"]!).ShouldBe(128);
        create["forwardQuery"]!["enum"]!.ToJsonString().ShouldBe("""["visitor","destination","off",true,false,null]""");
        create["forwardQuery"]!["type"]!.AsArray().Select(type => (string)type!).Order().ShouldBe(["boolean", "null", "string"]);
        Schema(document, "LinkResponse")["properties"]!["forwardQuery"]!["enum"]!.ToJsonString().ShouldBe("""["visitor","destination","off"]""");
        Schema(document, "LinkResponse")["properties"]!.AsObject().ContainsKey("password").ShouldBeFalse();
        ((int)create["rules"]!["maxItems"]!).ShouldBe(50);
        ((int)create["variants"]!["maxItems"]!).ShouldBe(10);
        var condition = Schema(document, "RuleCondition")["properties"]!;
        condition["continent"]!["items"]!["enum"]!.ToJsonString().ShouldBe("""["AF","AN","AS","EU","NA","OC","SA"]""");
        condition["device"]!["items"]!["enum"]!.AsArray().Count.ShouldBe(7);
        ((int)condition["country"]!["maxItems"]!).ShouldBe(50);
        Schema(document, "TimeWindow")["properties"]!["days"]!["items"]!["enum"]!.ToJsonString().ShouldBe("""["mon","tue","wed","thu","fri","sat","sun"]""");
        ((int)Schema(document, "LinkVariant")["properties"]!["weight"]!["maximum"]!).ShouldBe(1000);
        condition["country"]!["examples"]!.ToJsonString().ShouldBe("""[["DE","AT","CH"]]""");
    }

    [Fact]
    public async Task Conditions_are_one_recursive_schema()
    {
        var document = await DocumentAsync();
        var condition = Schema(document, "RuleCondition")["properties"]!;
        const string Itself = "#/components/schemas/RuleCondition";
        ((string)condition["all"]!["items"]!["$ref"]!).ShouldBe(Itself);
        ((string)condition["any"]!["items"]!["$ref"]!).ShouldBe(Itself);
        condition["not"]!["oneOf"]!.AsArray().Select(choice => (string?)choice!["$ref"]).ShouldContain(Itself);
        ((string)Schema(document, "LinkRule")["properties"]!["when"]!["$ref"]!).ShouldBe(Itself);
        document.ToJsonString().ShouldNotContain("RuleCondition2");
    }

    [Fact]
    public async Task The_order_of_evaluation_is_part_of_the_description()
    {
        var document = await DocumentAsync();
        foreach (var description in new[] { (string)document["paths"]!["/api/v1/links"]!["post"]!["description"]!, (string)document["paths"]!["/api/v1/links/{id}"]!["patch"]!["description"]! })
        {
            var steps = new[] { "archived", "activeFrom", "expiresAt", "maxClicks", "password", "preview", "deepLinks", "variants", "rules", "url" };
            steps.Select(step => description.IndexOf($"({step}", StringComparison.Ordinal)).ShouldBeInOrder(SortDirection.Ascending);
            steps.ShouldAllBe(step => description.Contains($"({step}", StringComparison.Ordinal));
        }
    }

    private async Task<JsonObject> DocumentAsync()
    {
        using var client = new ApiClient(fixture.Links.Anonymous(), Guid.Empty);
        return (await client.SendAsync(HttpMethod.Get, "/openapi/v1.json")).Json;
    }

    private static JsonObject Schema(JsonObject document, string name) => document["components"]!["schemas"]![name]!.AsObject();

    private static string BodyOf(JsonObject document, string path, string method) =>
        (string)document["paths"]![path]![method]!["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]!;
}
