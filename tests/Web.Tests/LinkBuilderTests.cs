using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Web.Links;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The link builder without script: everything posts, and nothing that was typed is lost.</summary>
[Collection(nameof(WebStand))]
public sealed class LinkBuilderTests(WebStand stand)
{
    private static readonly (string Name, string Value)[] Typed =
        [("url", "https://example.com/"), ("code", "kept-code"), ("title", "Kept title"), ("tags", "kept"), ("notes", "kept notes"), ("password", "kept-password"), ("utm.source", "kept-source")];

    [Theory]
    [InlineData("example.com/a?b#c", "https://example.com/a?b#c")]
    [InlineData("  https://example.com/ ", "https://example.com/")]
    [InlineData("example.com:8443/x", "https://example.com:8443/x")]
    [InlineData("//example.com/x", "https://example.com/x")]
    [InlineData("ftp://example.com/", "ftp://example.com/")]
    [InlineData("javascript:alert(1)", "javascript:alert(1)")]
    [InlineData("", "")]
    public void Addresses_are_completed_and_other_schemes_stay(string typed, string sent) => WebAddress.Complete(typed).ShouldBe(sent);

    [Fact]
    public async Task A_deep_link_fills_in_the_page()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());

        var page = await visitor.GetAsync("/app/links/new?url=https%3A%2F%2Fexample.com%2F%3Fa%3D1&code=spring&title=Spring%20sale&tags=a%2Cb&utm_source=mail");

        page.Html.ShouldContain("name=\"url\" value=\"https://example.com/?a=1\"");
        page.Html.ShouldContain("name=\"code\" value=\"spring\"");
        page.Html.ShouldContain("name=\"title\" value=\"Spring sale\"");
        page.Html.ShouldContain("name=\"tags\" value=\"a,b\"");
        page.Html.ShouldContain("name=\"utm.source\" value=\"mail\"");
    }

    [Fact]
    public async Task A_link_keeps_rules_variants_and_aliases_that_an_edit_does_not_touch()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        link.Beyond["rules"] = JsonNode.Parse("""[{"when":{"all":[{"time":{"timeZone":"Europe/Berlin","days":["mon"]}},{"not":{"query":{"name":"a"}}}]},"url":"https://example.com/x"}]""");
        link.Beyond["variants"] = JsonNode.Parse("""[{"weight":1,"name":"A"},{"weight":1,"url":"https://example.com/b","name":"B"},{"weight":1,"url":"https://example.com/c","name":"C"}]""");
        link.Beyond["aliases"] = new JsonArray("old", "older");
        using var visitor = await stand.VisitSignedInAsync(account);
        var form = $"/app/links/{link.Id}/edit";
        var shown = await visitor.GetAsync(form);
        // Shares of a hundred, whatever the weights are.
        new[] { "34", "33" }.ShouldAllBe(share => shown.Html.Contains($".weight\" value=\"{share}\""));
        var rules = shown.Text.Split("name=\"rules\"")[1].Split('>', 2)[1].Split("</textarea>")[0];
        (string, string)[] fields =
        [
            ("url", "https://example.com/"), ("code", link.Code), ("title", ""), ("rules", rules.ReplaceLineEndings("\r\n")), ("aliases", "old"), ("aliases", "older"),
            ("variants[0].weight", "34"), ("variants[0].name", "A"), ("variants[0].url", ""), ("variants[1].weight", "33"), ("variants[1].name", "B"), ("variants[1].url", "https://example.com/b"),
            ("variants[2].weight", "33"), ("variants[2].name", "C"), ("variants[2].url", "https://example.com/c"),
        ];

        await visitor.SubmitAsync(form, $"/app/links/{link.Id}", fields);
        link.LastChange!.ToJsonString().ShouldBe("{}");

        await visitor.SubmitAsync(form, $"/app/links/{link.Id}", [.. fields.Where(field => !field.Item1.StartsWith("variants[", StringComparison.Ordinal) && field.Item2 != "older" && field.Item1 != "rules"), ("rules", "")]);
        JsonNode.DeepEquals(link.LastChange, JsonNode.Parse("""{"rules":null,"variants":null,"aliases":["old"]}""")).ShouldBeTrue(link.LastChange!.ToJsonString());
    }

    [Theory]
    [InlineData("test")]
    [InlineData("saveTemplate")]
    [InlineData("refused")]
    public async Task What_others_change_meanwhile_is_never_reverted_whatever_the_form_was_sent_for(string first)
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/before", "Before");
        link.Beyond["notes"] = "before";
        using var visitor = await stand.VisitSignedInAsync(account);
        var action = $"/app/links/{link.Id}";
        var form = await visitor.GetAsync(action + "/edit");
        (string, string)[] typed = [("url", "https://example.com/before"), ("code", link.Code), ("title", "Mine"), ("notes", "before")];
        (link.Beyond["notes"], link.Beyond["tags"], link.Version) = ("theirs", new JsonArray("new"), link.Version + 1);

        var hidden = Visitor.HiddenFields(form.Html, action).ToArray();
        var shown = first == "refused"
            ? await visitor.PostAsync(action, [.. hidden, .. typed.Skip(1), ("url", "ftp://example.com/"), ("variants[0].weight", "7"), ("variants[0].url", "https://example.com/b")])
            : await visitor.PostAsync("/app/links/form", [.. hidden, .. typed, ("step", first), ("templateName", "T"), ("utm.source", "x")]);
        var refused = await visitor.PostAsync(action, [.. Visitor.HiddenFields(shown.Html, action), .. typed]);

        refused.Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        refused.Html.ShouldMatch("<li>Notes:\\s*<bdi[^>]*>theirs</bdi>");
        refused.Html.ShouldMatch("<li>Tags:\\s*<bdi[^>]*>new</bdi>");
        refused.Html.ShouldContain(">theirs</textarea>");
        refused.Html.ShouldContain("name=\"title\" value=\"Mine\"");
        link.LastChange.ShouldBeNull();

        await visitor.PostAsync(action, [.. Visitor.HiddenFields(refused.Html, action), ("url", "https://example.com/before"), ("code", link.Code), ("title", "Mine"), ("notes", "theirs"), ("tags", "new")]);
        link.LastChange!.ToJsonString().ShouldBe("""{"title":"Mine"}""");
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_makes_one_link_and_one_copy()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var hidden = Visitor.HiddenFields((await visitor.GetAsync("/app/links/new")).Html, "/app/links").ToArray();
        for (var i = 0; i < 2; i++)
        {
            (await visitor.PostAsync("/app/links", [.. hidden, ("url", "https://example.com/")])).Status.ShouldBe(HttpStatusCode.SeeOther);
        }

        var link = account.Links.ShouldHaveSingleItem();
        (await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        account.Links.Count.ShouldBe(2);

        var list = Visitor.HiddenFields((await visitor.GetAsync("/app/links")).Html, "/app/links/many").ToArray();
        foreach (var copied in new[] { link, link, account.Links[1] })
        {
            (await visitor.PostAsync($"/app/links/{copied.Id}/duplicate", list)).Status.ShouldBe(HttpStatusCode.SeeOther);
        }

        account.Links.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Without_script_the_testers_answer_is_in_an_open_group()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var hidden = Visitor.HiddenFields((await visitor.GetAsync("/app/links/new")).Html, "/app/links");

        var tested = await visitor.PostAsync("/app/links/form", [.. hidden, .. Typed, ("step", "test")]);

        tested.Html.ShouldMatch("<details class=\"option-group\" open[^>]*>\\s*<summary>Targeting</summary>");
    }

    [Fact]
    public async Task The_sheet_asks_for_its_code_once()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        using var visitor = await stand.VisitSignedInAsync(account);

        var sheet = await visitor.GetAsync($"/app/links/{link.Id}/qr/print?copies=60&fg=%23102030");

        sheet.Html.ShouldNotContain("data:image/svg");
        var source = System.Text.RegularExpressions.Regex.Matches(sheet.Text, "<img src=\"(/app/links/[^\"]+)\"").Select(match => match.Groups[1].Value).ToArray();
        source.Length.ShouldBe(60);
        (await visitor.GetAsync(source.Distinct().ShouldHaveSingleItem())).Html.ShouldContain("#102030");
    }

    [Fact]
    public async Task Shares_that_do_not_add_up_are_reported_at_the_variants()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);

        var refused = await visitor.SubmitAsync("/app/links/new", "/app/links", [.. Typed, ("variants[1].weight", "70"), ("variants[1].url", "https://example.com/b"), ("variants[0].weight", "")]);

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("The shares must add up to 100.");
        ShouldKeep(refused);
        // Blank rows are left out, as in the API's places.
        refused.Html.ShouldContain("name=\"variants[0].weight\" value=\"70\"");
        account.Links.ShouldBeEmpty();
    }

    [Fact]
    public async Task Errors_inside_of_rules_and_variants_are_shown_where_they_belong()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        using var refuse = stand.Api.Fail("POST", "/links", 400, "validation", """
            "errors":{"rules[1].when.all[0].country[0]":["Must be an ISO code."],"variants[0].url":["The host is not a valid name."],"tags[2]":["At most 50 characters."]}
            """, null);

        var refused = await visitor.SubmitAsync("/app/links/new", "/app/links", [.. Typed, ("rules", "[]"), ("variants[0].weight", "100"), ("variants[0].url", "https://x..y/")]);

        refused.Text.ShouldContain("Must be an ISO code.");
        refused.Html.ShouldContain("<code dir=\"ltr\">rules[1].when.all[0].country[0]</code>");
        refused.Html.ShouldContain("id=\"field-variants[0].url-error\"");
        refused.Html.ShouldContain("<code dir=\"ltr\">tags[2]</code>");
        refused.Text.ShouldContain("Check the marked fields");
        ShouldKeep(refused);
    }

    [Fact]
    public async Task Templates_are_saved_used_and_deleted_from_the_form_which_keeps_everything()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        Task<Shown> PressAsync(string step, params (string, string)[] more) => visitor.SubmitAsync("/app/links/new", "/app/links", [.. Typed, ("step", step), .. more]);
        async Task<Shown> StepAsync(string step, params (string Name, string Value)[] more)
        {
            var hidden = Visitor.HiddenFields((await visitor.GetAsync("/app/links/new")).Html, "/app/links");
            return await visitor.PostAsync("/app/links/form", [.. hidden, .. Typed.Where(field => more.All(other => other.Name != field.Name)), ("step", step), .. more]);
        }

        var saved = await StepAsync("saveTemplate", ("templateName", "Newsletter"));
        saved.Text.ShouldContain("Template saved.");
        ShouldKeep(saved);
        ((string?)account.Templates.ShouldHaveSingleItem()["utm"]!["source"]).ShouldBe("kept-source");

        // The same name in other letters gets the new values.
        await StepAsync("saveTemplate", ("templateName", "newsletter"), ("utm.source", "second"));
        ((string?)account.Templates.ShouldHaveSingleItem()["utm"]!["source"]).ShouldBe("second");

        var id = account.Templates[0]["id"]!.GetValue<Guid>();
        var used = await StepAsync($"useTemplate:{id}");
        used.Html.ShouldContain("name=\"utm.source\" value=\"second\"");
        used.Html.ShouldContain("name=\"title\" value=\"Kept title\"");

        var refused = await StepAsync("saveTemplate", ("templateName", ""));
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Html.ShouldContain("id=\"field-templateName-error\"");
        ShouldKeep(refused);

        (await StepAsync($"deleteTemplate:{id}")).Text.ShouldContain("Template deleted.");
        account.Templates.ShouldBeEmpty();
        account.Links.ShouldBeEmpty();

        using var refuse = stand.Api.Fail("GET", "/utm-templates", 503, "unavailable");
        (await visitor.GetAsync("/app/links/new")).Status.ShouldBe(HttpStatusCode.OK);
        (await PressAsync("")).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task The_tester_asks_about_the_draft_and_shows_which_rule_decides()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        visitor.SetCookie("tz", "Europe/Berlin");
        async Task<Shown> TestAsync(params (string, string)[] more)
        {
            var hidden = Visitor.HiddenFields((await visitor.GetAsync("/app/links/new")).Html, "/app/links");
            return await visitor.PostAsync("/app/links/form", [.. hidden, .. Typed, ("step", "test"), ("rules", """[{"when":{"country":["DE"]},"url":"https://example.com/de"}]"""), .. more]);
        }

        var shown = await TestAsync(("visitor.country", "DE"), ("visitor.device", "mobile"), ("visitor.at", "2030-07-01T12:00"));

        shown.Text.ShouldContain("https://example.com/de");
        shown.Text.ShouldContain("Rule 1 matches.");
        shown.Text.ShouldContain("Enters the password first.");
        ShouldKeep(shown);
        JsonNode.DeepEquals(account.Evaluated, JsonNode.Parse("""
            {"link":{"url":"https://example.com/","utm":{"source":"kept-source"},"rules":[{"when":{"country":["DE"]},"url":"https://example.com/de"}]},
             "visitor":{"country":"DE","device":"mobile"},"at":"2030-07-01T12:00:00+02:00"}
            """)).ShouldBeTrue(account.Evaluated!.ToJsonString());
        (await TestAsync(("visitor.country", "FR"))).Text.ShouldContain("No rule matches");

        using (stand.Api.Fail("POST", "/links/evaluate", 400, "validation", """ "errors":{"visitor.language":["Must be a BCP 47 language tag."],"rules[0].url":["Bad."]} """))
        {
            var invalid = await TestAsync();
            invalid.Text.ShouldContain("Must be a BCP 47 language tag.");
            invalid.Text.ShouldContain("rules[0].url");
            ShouldKeep(invalid);
        }

        using (stand.Api.Fail("POST", "/links/evaluate", 503, "unavailable", """ "detail":"The evaluator can't be reached right now." """))
        {
            var away = await TestAsync();
            away.Text.ShouldContain("The evaluator can't be reached right now.");
            ShouldKeep(away);
        }
    }

    [Fact]
    public async Task A_logo_is_uploaded_shown_and_removed_and_a_sheet_is_printed()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        using var visitor = await stand.VisitSignedInAsync(account);
        var page = $"/app/links/{link.Id}/qr";

        (await UploadAsync([1, 2, 3])).Text.ShouldContain("Not a picture.");
        (await UploadAsync([])).Text.ShouldContain("at most 1 MB");
        (await UploadAsync([0x89, 0x50, 0x4E, 0x47])).Location.ShouldBe(page + "?logo=true");
        account.QrLogo.ShouldNotBeNull();
        var shown = await visitor.GetAsync(page + "?logo=true");
        shown.Html.ShouldContain("name=\"logo\" value=\"true\" checked");
        shown.Html.ShouldContain("data-copy-image");
        stand.Api.Calls.Last(call => call.Path.EndsWith("/qr", StringComparison.Ordinal)).Query.ShouldContain("logo=true");

        var sheet = await visitor.GetAsync(page + "/print?copies=6&logo=true&fg=%230f766e");
        sheet.Html.Split("<figure").Length.ShouldBe(7);
        sheet.Html.ShouldContain("name=\"logo\" value=\"true\"");
        (await visitor.GetAsync(page + "/print?copies=1000000")).Html.Split("<figure").Length.ShouldBe(61);

        await visitor.PostAsync(page + "/logo/remove", [(Visitor.TokenField, await visitor.ForgeryTokenAsync())]);
        account.QrLogo.ShouldBeNull();

        async Task<Shown> UploadAsync(byte[] file)
        {
            using var content = new MultipartFormDataContent
            {
                { new StringContent(await visitor.ForgeryTokenAsync()), Visitor.TokenField },
                { new ByteArrayContent(file), "logo", "logo.png" },
            };
            using var request = new HttpRequestMessage(HttpMethod.Post, page + "/logo") { Content = content };
            using var response = await visitor.SendAsync(request);
            return new Shown(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location?.ToString(), response);
        }
    }

    private static void ShouldKeep(Shown shown)
    {
        foreach (var (name, value) in Typed.Where(field => field.Name != "notes"))
        {
            shown.Html.ShouldContain($"name=\"{name}\" value=\"{value}\"");
        }

        shown.Text.ShouldContain("kept notes</textarea>");
    }
}
