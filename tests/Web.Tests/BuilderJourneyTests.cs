using System.Text.Json.Nodes;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The link builder in a browser.</summary>
[Collection(nameof(Journeys))]
public sealed class BuilderJourneyTests(WebStand stand, Browser browser)
{
    [Fact]
    public async Task Fields_are_read_only_while_the_form_is_sent()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        var released = new TaskCompletionSource();
        await page.RouteAsync("**/app/links*", async route =>
        {
            if (route.Request.Method == "POST") await released.Task;
            await route.ContinueAsync();
        });

        await page.GetByRole(AriaRole.Link, new() { Name = "New link" }).First.ClickAsync();
        var url = page.GetByRole(AriaRole.Dialog).Locator("[name=url]");
        await url.FillAsync("ftp://example.com/");
        await url.PressAsync("Enter");

        await Assertions.Expect(url).Not.ToBeEditableAsync();
        // Filling waits until the field can be edited again, which the answer makes it.
        var filled = url.FillAsync("https://example.com/second");
        released.SetResult();
        await filled;
        await page.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await page.Locator(".toast-card").GetByText("Your short link is ready.").WaitForAsync();
        account.Links.ShouldHaveSingleItem().Url.ShouldBe("https://example.com/second");
    }

    [Fact]
    public async Task A_link_with_every_option_is_built_and_the_API_gets_exactly_that()
    {
        var account = stand.NewAccount();
        var taken = stand.Api.AddLink(account, "taken-" + Guid.NewGuid().ToString("N")[..6], "https://example.com/");
        account.Templates.Add(new JsonObject
        {
            ["id"] = Guid.CreateVersion7(), ["name"] = "Newsletter", ["utm"] = new JsonObject { ["source"] = "newsletter", ["medium"] = "email" },
            ["createdAt"] = TimeProvider.System.GetUtcNow(), ["updatedAt"] = TimeProvider.System.GetUtcNow(), ["version"] = 1,
        });
        stand.Api.Titles["https://example.com/spring"] = "Spring sale";
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);

        await page.GetByRole(AriaRole.Link, new() { Name = "New link" }).First.ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Tablist).WaitForAsync();

        // The destination: completed, checked at once, and its title found.
        await dialog.GetByLabel("Destination", new() { Exact = true }).FillAsync("ftp://example.com/spring");
        await page.Keyboard.PressAsync("Tab");
        await dialog.GetByText("Only http and https addresses can be shortened.").WaitForAsync();
        await dialog.GetByLabel("Destination", new() { Exact = true }).FillAsync(" example.com/spring ");
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(dialog.GetByLabel("Title")).ToHaveValueAsync("Spring sale");
        (await dialog.GetByLabel("Destination", new() { Exact = true }).InputValueAsync()).ShouldBe("https://example.com/spring");

        // The code: taken, and another one is suggested.
        await dialog.GetByLabel("Short link").FillAsync(taken.Code);
        await dialog.GetByText("Another link already uses this code.").WaitForAsync();
        await tab.ShotAsync("builder-taken", whole: false);
        await dialog.GetByRole(AriaRole.Button, new() { Name = taken.Code + "-2" }).ClickAsync();
        await dialog.GetByText("Available", new() { Exact = true }).WaitForAsync();

        await dialog.GetByLabel("Tags").FillAsync("spring, sale,");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Remove the tag spring" }).WaitForAsync();
        await dialog.GetByLabel("Notes").FillAsync("For Ida");

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Newsletter", Exact = true }).ClickAsync();
        (await dialog.GetByLabel("Medium").InputValueAsync()).ShouldBe("email");

        await TabAsync("Schedule");
        await dialog.GetByLabel("Active from").FillAsync("2090-03-26T09:30");
        await dialog.GetByLabel("Once expired, redirect to").FillAsync("example.com/over");
        await TabAsync("Click limit and password");
        await dialog.GetByLabel("Click limit", new() { Exact = true }).FillAsync("500");
        await dialog.GetByLabel("Password", new() { Exact = true }).FillAsync("secret");

        await TabAsync("Targeting");
        await BuildRulesAsync(dialog);
        await tab.ShotAsync("builder-targeting", whole: false);
        await dialog.GetByLabel("Country").Last.SelectOptionAsync("DE");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Test", Exact = true }).ClickAsync();
        await dialog.GetByText("Rule 1 matches.").WaitForAsync();

        await TabAsync("A/B variants");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add variant" }).ClickAsync();
        await dialog.GetByText("Total: 100 %").WaitForAsync();
        await dialog.GetByLabel("Destination of the variant").Nth(1).FillAsync("example.com/b");
        await dialog.GetByLabel("Share (%)").First.FillAsync("80");
        await dialog.GetByText("Total: 130 %").WaitForAsync();
        await dialog.GetByLabel("Share (%)").Nth(1).FillAsync("20");
        await tab.ShotAsync("builder-variants", whole: false);

        await TabAsync("Apps");
        await dialog.GetByLabel("iPhone and iPad").FillAsync("myapp://1");
        await TabAsync("Social preview");
        await dialog.GetByLabel("Headline").FillAsync("Half price");
        await dialog.GetByLabel("Description").FillAsync("Until Sunday");
        await dialog.GetByLabel("Image (URL)").FillAsync("https://example.com/a.png");
        await Assertions.Expect(dialog.Locator(".preview-slack .preview-title")).ToHaveTextAsync("Half price");
        await Assertions.Expect(dialog.Locator(".preview-whatsapp .preview-description")).ToHaveTextAsync("Until Sunday");
        await tab.ShotAsync("builder-preview", whole: false);
        await TabAsync("Advanced");
        await dialog.GetByLabel("Redirect", new() { Exact = true }).SelectOptionAsync("301");
        await dialog.GetByLabel("Visitors' query parameters").SelectOptionAsync("visitor");

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await page.GetByText("Your short link is ready.").WaitForAsync();

        var made = account.Links.Single(link => link.Id != taken.Id).LastChange!;
        JsonNode.DeepEquals(made, JsonNode.Parse($$"""
            {
              "url": "https://example.com/spring", "code": "{{taken.Code}}-2", "title": "Spring sale", "tags": ["spring", "sale"], "notes": "For Ida",
              "utm": { "source": "newsletter", "medium": "email" }, "activeFrom": "2090-03-26T09:30:00+02:00", "expiredUrl": "https://example.com/over", "maxClicks": 500, "password": "secret",
              "rules": [
                { "when": { "country": ["DE", "AT"] }, "url": "https://example.com/de" },
                { "when": { "all": [{ "device": ["mobile"] }, { "not": { "any": [{ "language": ["fr"] }, { "not": { "query": { "name": "ref", "values": ["mail"] } } }] } }] }, "url": "https://example.com/m" }
              ],
              "variants": [{ "weight": 80, "name": null }, { "weight": 20, "url": "https://example.com/b" }],
              "deepLinks": { "ios": "myapp://1" }, "preview": { "title": "Half price", "description": "Until Sunday", "image": "https://example.com/a.png" },
              "redirectType": 301, "forwardQuery": "visitor"
            }
            """.Replace(", \"name\": null", "", StringComparison.Ordinal))).ShouldBeTrue(made.ToJsonString());
        // Saved: nothing is offered again.
        await page.GotoAsync("/app/links/new");
        await page.GetByRole(AriaRole.Tablist).WaitForAsync();
        (await page.Locator("[data-draft-notice]").IsVisibleAsync()).ShouldBeFalse();

        Task TabAsync(string name) => dialog.GetByRole(AriaRole.Tab, new() { Name = name }).ClickAsync();
    }

    /// <summary>Two rules in the wrong order, the second with nested groups; then the order is changed.</summary>
    private static async Task BuildRulesAsync(ILocator dialog)
    {
        var add = dialog.GetByRole(AriaRole.Button, new() { Name = "Add rule" });
        await add.ClickAsync();
        var first = dialog.Locator(".rule").First;
        await first.GetByLabel("Condition", new() { Exact = true }).First.SelectOptionAsync("device");
        await first.GetByLabel("Mobile").CheckAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "Add group" }).ClickAsync();
        var group = first.Locator(".rule-group .rule-group");
        await group.GetByLabel("Conditions that must match").SelectOptionAsync("noneOf");
        await group.GetByLabel("Condition", new() { Exact = true }).First.SelectOptionAsync("language");
        await group.GetByLabel("Language").FillAsync("fr");
        await group.GetByLabel("Language").PressAsync("Enter");
        await group.GetByRole(AriaRole.Button, new() { Name = "Add condition" }).ClickAsync();
        var second = group.Locator(".rule-condition").Nth(1);
        await second.GetByLabel("Condition", new() { Exact = true }).First.SelectOptionAsync("query");
        await second.GetByLabel("Comparison", new() { Exact = true }).SelectOptionAsync("isNot");
        await second.GetByLabel("Parameter name").FillAsync("ref");
        await second.GetByLabel("Values").FillAsync("mail");
        await second.GetByLabel("Values").PressAsync("Enter");
        await first.GetByLabel("Redirect to", new() { Exact = true }).FillAsync("example.com/m");

        await add.ClickAsync();
        var last = dialog.Locator(".rule").Nth(1);
        await last.GetByLabel("Country").FillAsync("Germany");
        await last.GetByLabel("Country").PressAsync("Enter");
        await last.GetByLabel("Country").FillAsync("AT,");
        await Assertions.Expect(last.Locator(".chip bdi")).ToHaveTextAsync(["Germany", "Austria"]);
        await last.GetByLabel("Redirect to", new() { Exact = true }).FillAsync("https://example.com/de");
        await last.GetByRole(AriaRole.Button, new() { Name = "Move rule 2 up" }).ClickAsync();
        await Assertions.Expect(dialog.Locator(".rule").First.Locator(".chip bdi").First).ToHaveTextAsync("Germany");
    }

    [Fact]
    public async Task Rules_are_built_with_the_keyboard_only_and_errors_stand_beside_their_condition()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        link.Beyond["rules"] = JsonNode.Parse("""[{"when":{"os":["iOS"]},"url":"https://example.com/1"},{"when":{"all":[{"country":["DE"]},{"not":{"city":["Munich"]}}]},"url":"https://example.com/2"}]""");
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync($"/app/links/{link.Id}/edit");

        // Tabs by arrows, then into the rules.
        await page.GetByRole(AriaRole.Tab).First.FocusAsync();
        foreach (var _ in new[] { 1, 2, 3 })
        {
            await page.Keyboard.PressAsync("ArrowRight");
        }

        await Assertions.Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        // The second rule first, by Alt and an arrow; the focus goes with it.
        await page.GetByRole(AriaRole.Button, new() { Name = "Move rule 2 up" }).FocusAsync();
        await page.Keyboard.PressAsync("Alt+ArrowUp");
        await Assertions.Expect(page.Locator("[data-rules-status]")).ToHaveTextAsync("Now rule 1.");
        await Assertions.Expect(page.Locator(".rule").First.Locator("button:focus")).ToHaveCountAsync(1);
        await page.Locator(".rule").First.Locator(".rule-add").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".rule").First.Locator(".rule-condition").Nth(2).Locator("select").First).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("Germoney");
        await page.Keyboard.PressAsync("Enter");

        using (stand.Api.Fail("PATCH", $"/links/{link.Id}", 400, "validation", """ "errors":{"rules[0].when.all[2].country[0]":["Must be an ISO 3166-1 alpha-2 code, such as DE or GB."],"rules[1].url":["The URL has no host."]} """))
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
            var condition = page.Locator(".rule").First.Locator(".rule-condition").Nth(2);
            await Assertions.Expect(condition.Locator(".field-error")).ToHaveTextAsync("Must be an ISO 3166-1 alpha-2 code, such as DE or GB.");
            await Assertions.Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" })).ToHaveAttributeAsync("aria-selected", "true");
            await Assertions.Expect(page.Locator(".rule").Nth(1).GetByLabel("Redirect to", new() { Exact = true })).ToHaveAttributeAsync("aria-invalid", "true");
            await tab.ShotAsync("builder-rule-errors");
            tab.Findings.AddRange(await tab.AxeFindingsAsync());
        }

        await page.Locator(".rule").First.GetByRole(AriaRole.Button, new() { Name = "Remove Germoney" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.TypeAsync("France");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("Link saved.").WaitForAsync();

        JsonNode.DeepEquals(link.LastChange, JsonNode.Parse("""
            {"rules":[{"when":{"all":[{"country":["DE"]},{"not":{"city":["Munich"]}},{"country":["FR"]}]},"url":"https://example.com/2"},{"when":{"os":["iOS"]},"url":"https://example.com/1"}]}
            """)).ShouldBeTrue(link.LastChange!.ToJsonString());
        tab.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Rules_are_ordered_with_the_mouse()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        link.Beyond["rules"] = JsonNode.Parse("""
            [{"when":{"os":["iOS"]},"url":"https://example.com/1"},{"when":{"os":["Android"]},"url":"https://example.com/2"},{"when":{"os":["Linux"]},"url":"https://example.com/3"}]
            """);
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync($"/app/links/{link.Id}/edit");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" }).ClickAsync();
        // All rules fit: nothing scrolls away below the mouse.
        await page.SetViewportSizeAsync(1280, 2400);

        await DragAsync(from: 2, to: 0);
        await Assertions.Expect(page.Locator("[data-rules-status]")).ToHaveTextAsync("Now rule 1.");
        await ShowsAsync(3, 1, 2);
        await DragAsync(from: 0, to: 1);
        await ShowsAsync(1, 3, 2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await page.GetByText("Link saved.").WaitForAsync();

        link.LastChange!["rules"]!.AsArray().Select(rule => (string)rule!["url"]!).ShouldBe(["https://example.com/1", "https://example.com/3", "https://example.com/2"]);

        Task DragAsync(int from, int to) => page.Locator(".rule").Nth(from).Locator(".rule-drag").DragToAsync(page.Locator(".rule").Nth(to).Locator("h2"));

        async Task ShowsAsync(params int[] order)
        {
            foreach (var (number, at) in order.Select((number, at) => (number, at)))
            {
                await Assertions.Expect(page.Locator(".rule").Nth(at).GetByLabel("Redirect to", new() { Exact = true })).ToHaveValueAsync($"https://example.com/{number}");
            }
        }
    }

    [Fact]
    public async Task A_qr_code_is_copied_as_an_image()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        // What another test copied must not be taken for the image.
        await page.EvaluateAsync("() => navigator.clipboard.writeText('none')");
        await page.GotoAsync($"/app/links/{link.Id}");
        await page.GetByRole(AriaRole.Link, new() { Name = "QR code" }).ClickAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Copy image" }).ClickAsync();
        await page.GetByText("Image copied").WaitForAsync();

        (await page.EvaluateAsync<string>("""
            async () => {
              const [item] = await navigator.clipboard.read();
              const image = await createImageBitmap(await item.getType('image/png'));
              return `${item.types} ${image.width}x${image.height}`;
            }
            """)).ShouldBe($"image/png {FakeApi.QrSize}x{FakeApi.QrSize}");
        stand.Api.Calls.Last(call => call.Path == $"/api/v1/links/{link.Id}/qr").Query.ShouldContain("format=png");
    }

    [Fact]
    public async Task A_draft_survives_a_reload_without_its_password_and_is_forgotten_once_saved_or_signed_out()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address, width: 375);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync("/app/links/new");
        await page.GetByLabel("Destination", new() { Exact = true }).FillAsync("https://example.com/draft");
        await page.GetByLabel("Tags").FillAsync("kept,");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Click limit and password" }).ClickAsync();
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync("never-stored");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add rule" }).ClickAsync();
        await page.Locator(".rule .chips-field").FillAsync("DE,");
        await page.GetByLabel("Redirect to", new() { Exact = true }).FillAsync("https://example.com/rule");
        await page.GetByRole(AriaRole.Tab, new() { Name = "A/B variants" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add variant" }).ClickAsync();
        await page.WaitForFunctionAsync("() => Object.values(localStorage).some(value => value.includes('variants[1]'))");
        (await page.EvaluateAsync<string>("() => JSON.stringify(Object.entries(localStorage))")).ShouldNotContain("never-stored");

        await page.ReloadAsync();
        await page.GetByText("You have unsaved entries").WaitForAsync();
        await tab.LookAsync("builder-draft");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Destination", new() { Exact = true })).ToHaveValueAsync("https://example.com/draft");
        await Assertions.Expect(page.Locator("[data-tags] .chip bdi")).ToHaveTextAsync("kept");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Redirect to", new() { Exact = true })).ToHaveValueAsync("https://example.com/rule");
        await page.GetByRole(AriaRole.Tab, new() { Name = "A/B variants" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Share (%)")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove variant" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove variant" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await page.GetByText("Your short link is ready.").WaitForAsync();
        ((string?)account.Links.ShouldHaveSingleItem().LastChange!["rules"]![0]!["url"]).ShouldBe("https://example.com/rule");
        await page.GotoAsync("/app/links/new");
        await page.GetByRole(AriaRole.Tablist).WaitForAsync();
        await page.WaitForFunctionAsync("() => !Object.keys(localStorage).some(key => key.startsWith('linkshort-draft'))");

        await page.GetByLabel("Destination", new() { Exact = true }).FillAsync("https://example.com/private");
        await page.WaitForFunctionAsync("() => Object.keys(localStorage).some(key => key.startsWith('linkshort-draft'))");
        await tab.SignOutAsync();
        await page.GetByText("You are signed out.").WaitForAsync();
        (await page.EvaluateAsync<int>("() => Object.keys(localStorage).filter(key => key.startsWith('linkshort-draft')).length")).ShouldBe(0);
        tab.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_template_changes_only_its_part_of_the_form()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync($"/app/links/{link.Id}/edit");
        await page.GetByLabel("Source").FillAsync("ads");
        await page.GetByLabel("Save as template").FillAsync("Ads");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save template" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Ads", Exact = true }).WaitForAsync();
        (await page.GetByLabel("Source").InputValueAsync()).ShouldBe("ads");
        await page.GetByLabel("Source").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ads", Exact = true }).ClickAsync();
        (await page.GetByLabel("Source").InputValueAsync()).ShouldBe("ads");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the template Ads" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Ads", Exact = true }).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        account.Templates.ShouldBeEmpty();
        link.LastChange.ShouldBeNull();
    }

    [Theory]
    [InlineData(1280, "ar")]
    [InlineData(375, "de")]
    public async Task Every_tab_fits_its_window_and_is_accessible(int width, string locale)
    {
        var account = stand.NewAccount();
        account.Locale = locale;
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://www.northwind-press.example/catalogue/2026/autumn/field-guide?edition=2&format=paperback", "Autumn catalogue");
        link.Beyond["tags"] = new JsonArray("catalogue", "autumn");
        link.Beyond["aliases"] = new JsonArray("herbst");
        link.Beyond["rules"] = JsonNode.Parse("""
            [{"when":{"all":[{"country":["DE","AT"]},{"any":[{"device":["mobile","tablet"]},{"time":{"timeZone":"Europe/Berlin","from":"09:00","to":"17:00","days":["mon","fri"]}}]}]},"url":"https://www.northwind-press.example/de"},
             {"when":{"not":{"referrer":["news.example.com"]}},"url":"https://www.northwind-press.example/"}]
            """);
        link.Beyond["variants"] = JsonNode.Parse("""[{"weight":50,"name":"A"},{"weight":50,"url":"https://www.northwind-press.example/b","name":"B"}]""");
        link.Beyond["preview"] = JsonNode.Parse("""{"title":"Autumn catalogue","description":"A field guide to everything that falls.","image":"https://www.northwind-press.example/a.png"}""");
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, locale: locale);
        var page = tab.Page;
        await page.GotoAsync("/app/signin");
        await page.Locator("input[name=email]").FillAsync(account.Email);
        await page.Locator("input[name=password]").FillAsync(account.Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/links");
        await page.GotoAsync($"/app/links/{link.Id}/edit");
        for (var at = 0; at < 8; at++)
        {
            await page.GetByRole(AriaRole.Tab).Nth(at).ClickAsync();
            await tab.LookAsync($"builder-{locale}-{at}");
        }

        await page.GotoAsync($"/app/links/{link.Id}/qr");
        await tab.LookAsync($"builder-{locale}-qr");
        await page.GotoAsync($"/app/links/{link.Id}/qr/print");
        await tab.LookAsync($"builder-{locale}-sheet");
        tab.Findings.ShouldBeEmpty();
    }
}
