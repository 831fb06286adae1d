using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>What a link can do beyond its destination, on the pages for new links and for changes.</summary>
[Collection(nameof(WebStand))]
public sealed class LinkOptionsTests(WebStand stand)
{
    private static readonly (string Name, string Value)[] Everything =
    [
        ("url", "https://example.com/"), ("code", ""), ("title", ""), ("tags", " Spring, sale ,"), ("notes", "One\r\ntwo"), ("activeFrom", "2090-03-26T09:30"),
        ("expiresAt", "2090-12-24T18:00"), ("expiredUrl", "https://example.com/over"), ("maxClicks", "500"), ("password", " secret "), ("forwardQuery", "visitor"),
        ("utm.source", "newsletter"), ("utm.medium", "email"), ("utm.campaign", ""), ("utm.term", ""), ("utm.content", ""), ("preview.title", "A title"),
        ("preview.description", ""), ("preview.image", "https://example.com/a.png"), ("deepLinks.ios", "myapp://1"), ("deepLinks.android", ""),
        ("redirectType", "301"), ("cacheSeconds", "60"), ("allowIndexing", "true"),
        ("rules", """[{"when":{"any":[{"country":["DE"]},{"not":{"device":["bot"]}}]},"url":"https://example.com/de"}]"""), ("variantsShown", "true"),
        ("variants[0].url", "example.com/b"), ("variants[0].weight", "70"), ("variants[0].name", "Big"), ("variants[1].url", ""), ("variants[1].weight", "30"), ("variants[1].name", "Old"),
        ("variants[2].url", ""), ("variants[2].weight", ""), ("variants[2].name", ""),
    ];

    [Fact]
    public async Task A_link_is_created_with_every_option_and_times_are_the_viewers()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        visitor.SetCookie("tz", "Europe/Berlin");

        (await visitor.SubmitAsync("/app/links/new", "/app/links", Everything)).Status.ShouldBe(HttpStatusCode.SeeOther);

        JsonNode.DeepEquals(account.Links.ShouldHaveSingleItem().LastChange, JsonNode.Parse("""
            {
              "url": "https://example.com/", "tags": ["Spring", "sale"], "notes": "One\ntwo", "activeFrom": "2090-03-26T09:30:00+02:00",
              "expiresAt": "2090-12-24T18:00:00+01:00", "expiredUrl": "https://example.com/over", "maxClicks": 500, "forwardQuery": "visitor",
              "utm": { "source": "newsletter", "medium": "email" }, "preview": { "title": "A title", "image": "https://example.com/a.png" },
              "deepLinks": { "ios": "myapp://1" }, "redirectType": 301, "cacheSeconds": 60, "allowIndexing": true, "password": " secret ",
              "rules": [{ "when": { "any": [{ "country": ["DE"] }, { "not": { "device": ["bot"] } }] }, "url": "https://example.com/de" }],
              "variants": [{ "weight": 70, "url": "https://example.com/b", "name": "Big" }, { "weight": 30, "name": "Old" }]
            }
            """)).ShouldBeTrue(account.Links[0].LastChange!.ToJsonString());
    }

    [Fact]
    public async Task The_form_for_changes_has_every_value_and_saving_it_unchanged_changes_nothing()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        visitor.SetCookie("tz", "Europe/Berlin");
        await visitor.SubmitAsync("/app/links/new", "/app/links", Everything);
        var link = account.Links.ShouldHaveSingleItem();
        var (page, form) = ($"/app/links/{link.Id}", $"/app/links/{link.Id}/edit");
        var shown = await visitor.GetAsync(form);

        foreach (var (name, value) in Everything.Where(field => field.Name is not ("password" or "notes" or "tags" or "code" or "forwardQuery" or "redirectType" or "allowIndexing" or "rules" or "variantsShown") && !field.Name.StartsWith("variants[", StringComparison.Ordinal) && field.Value.Length > 0))
        {
            shown.Html.ShouldContain($"name=\"{name}\" value=\"{value}\"");
        }

        shown.Html.ShouldContain("value=\"Spring, sale\"");
        shown.Text.ShouldContain(">One\ntwo</textarea>");
        shown.Html.ShouldContain("<option value=\"301\" selected");
        shown.Html.ShouldNotContain("secret");
        (string, string)[] unchanged = [.. Everything.Select(field => field.Name switch { "password" => ("password", ""), "code" => ("code", link.Code), "tags" => ("tags", "Spring, sale"), _ => field })];
        await visitor.FollowAsync(await visitor.SubmitAsync(form, page, unchanged));
        link.LastChange!.ShouldBeEmpty();

        await visitor.FollowAsync(await visitor.SubmitAsync(form, page, [.. unchanged.Select(field => field.Item1 switch
        {
            "maxClicks" => ("maxClicks", ""), "expiredUrl" => ("expiredUrl", ""), "utm.medium" => ("utm.medium", "post"), "preview.title" or "preview.image" => (field.Item1, ""), _ => field,
        }), ("removePassword", "true")]));
        JsonNode.DeepEquals(link.LastChange, JsonNode.Parse("""{ "expiredUrl": null, "maxClicks": null, "utm": { "source": "newsletter", "medium": "post" }, "preview": null, "password": null }"""))
            .ShouldBeTrue(link.LastChange!.ToJsonString());
    }

    [Fact]
    public async Task A_refused_option_is_marked_in_its_open_group_and_nothing_is_lost()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        using var refuse = stand.Api.Fail("POST", "/links", 400, "validation", "\"errors\":{\"utm.source\":[\"At most 255 characters.\"],\"maxClicks\":[\"Must be a whole number.\"]}", null);

        var refused = await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/"), ("code", ""), ("title", ""), ("utm.source", "x"), ("maxClicks", "0"), ("notes", "kept"));

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Html.ShouldContain("id=\"field-utm.source-error\"");
        refused.Html.ShouldContain("id=\"field-maxClicks-error\"");
        refused.Html.ShouldContain("name=\"maxClicks\" value=\"0\"");
        refused.Html.ShouldContain(">kept</textarea>");
        refused.Html.Split("<details class=\"option-group\" open").Length.ShouldBe(3, "limits, UTM");
    }

    [Theory]
    [InlineData("2026-03-29T02:30", "2026-03-29T02:30:00+01:00")] // Skipped by the clocks: 03:30 summer time.
    [InlineData("2026-10-25T02:30", "2026-10-25T02:30:00+01:00")] // Twice: the later one.
    [InlineData("tomorrow", "tomorrow")]
    public async Task Local_times_around_changes_of_the_clocks_are_instants(string typed, string sent)
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        visitor.SetCookie("tz", "Europe/Berlin");

        await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/"), ("expiresAt", typed));

        ((string)account.Links.ShouldHaveSingleItem().LastChange!["expiresAt"]!).ShouldBe(sent);
    }

    [Fact]
    public async Task A_link_is_renamed_and_a_taken_code_is_reported_at_its_field()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        using var visitor = await stand.VisitSignedInAsync(account);
        var (page, form) = ($"/app/links/{link.Id}", $"/app/links/{link.Id}/edit");

        using (stand.Api.Fail("PATCH", $"/links/{link.Id}", 409, "code-taken", "", null))
        {
            (await visitor.SubmitAsync(form, page, ("url", "https://example.com/"), ("code", "taken"))).Html.ShouldContain("id=\"field-code-error\"");
        }

        var saved = await visitor.FollowAsync(await visitor.SubmitAsync(form, page, ("url", "https://example.com/"), ("code", "renamed-" + link.Id.ToString("N"))));
        saved.Text.ShouldContain("still leads to it");
        link.LastChange!.ToJsonString().ShouldBe($$"""{"code":"renamed-{{link.Id:N}}"}""");
    }

    [Fact]
    public async Task A_qr_code_is_shown_styled_and_downloaded()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        using var visitor = await stand.VisitSignedInAsync(account);
        var page = $"/app/links/{link.Id}/qr";

        (await visitor.GetAsync($"/app/links/{link.Id}")).Html.ShouldContain($"href=\"{page}\"");
        var shown = await visitor.GetAsync(page + "?fg=%230f766e&bg=%23ffffff&size=512&margin=2&level=H");
        shown.Text.ShouldContain("src=\"data:image/svg+xml;base64,");
        shown.Html.ShouldContain($"href=\"{page}.png?size=512&amp;margin=2&amp;fg=%230f766e&amp;bg=%23ffffff&amp;transparent=false&amp;level=H\"");
        var image = await visitor.GetAsync(page + ".png?size=512&fg=%230f766e&transparent=true");
        image.Response.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        stand.Api.Calls.Last(call => call.Path.EndsWith("/qr", StringComparison.Ordinal)).Query.ShouldBe("?format=png&size=512&fg=%230f766e&bg=transparent");

        var refused = await visitor.GetAsync(page + "?fg=%23ffffff");
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("Too light for scanners.");
        refused.Html.ShouldNotContain("data:image");
        (await visitor.GetAsync($"/app/links/{Guid.NewGuid()}/qr")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.GetAsync($"/app/links/{Guid.NewGuid()}/qr.svg")).Status.ShouldBe(HttpStatusCode.NotFound);
    }
}
