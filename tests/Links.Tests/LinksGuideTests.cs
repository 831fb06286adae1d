using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LinkShort.Links.Tests;

/// <summary>docs/links.md: its examples are sent as they are, and it covers every field.</summary>
public sealed partial class LinksGuideTests(LinksFixture fixture)
{
    [Fact]
    public async Task Every_example_creates_a_link_with_the_examples_fields()
    {
        using var client = fixture.Links.ClientOf();
        var examples = JsonBlock().Matches(Guide()).Select(block => block.Groups["json"].Value).ToArray();
        examples.Length.ShouldBeGreaterThanOrEqualTo(9);
        foreach (var example in examples)
        {
            var answer = await client.SendAsync(HttpMethod.Post, "/api/v1/links", example);
            answer.Status.ShouldBe(HttpStatusCode.Created, $"{example}\n{answer}");
            foreach (var (field, value) in JsonNode.Parse(example)!.AsObject())
            {
                if (field == "password")
                {
                    ((bool)answer.Json["hasPassword"]!).ShouldBeTrue();
                }
                else
                {
                    JsonNode.DeepEquals(answer.Json[field], value).ShouldBeTrue($"{field} of {example}\n{answer}");
                }
            }
        }
    }

    [Fact]
    public async Task Every_field_and_every_condition_is_in_the_guide_and_in_an_example()
    {
        using var client = new ApiClient(fixture.Links.Anonymous(), Guid.Empty);
        var schemas = (await client.SendAsync(HttpMethod.Get, "/openapi/v1.json")).Json["components"]!["schemas"]!;
        var guide = Guide();
        var examples = string.Concat(JsonBlock().Matches(guide).Select(block => block.Value));
        foreach (var schema in new[] { "CreateLinkRequest", "RuleCondition", "TimeWindow", "QueryCondition", "LinkVariant", "LinkPreview", "LinkDeepLinks" })
        {
            foreach (var (field, _) in schemas[schema]!["properties"]!.AsObject())
            {
                if (schema == "CreateLinkRequest")
                {
                    guide.ShouldContain(field == "domain" ? "domain" : $"`{field}`", Case.Sensitive, field);
                }
                else
                {
                    examples.ShouldContain($"\"{field}\"", Case.Sensitive, $"{schema}.{field}");
                }
            }
        }
    }

    private static string Guide([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/links.md")));

    [GeneratedRegex(@"^```json\n(?<json>[\s\S]*?)^```", RegexOptions.Multiline)]
    private static partial Regex JsonBlock();
}
