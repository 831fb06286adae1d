using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The link builder in a browser, when something goes wrong around it.</summary>
[Collection(nameof(Journeys))]
public sealed class BuilderFaultJourneyTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData("Test", "/app/links/form")]
    [InlineData("Save template", "/app/links/form")]
    public async Task A_button_that_gets_no_part_of_the_page_never_saves_the_link(string button, string path)
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync($"/app/links/{link.Id}/edit");
        await page.GetByRole(AriaRole.Tablist).WaitForAsync();
        await page.GetByLabel("Title").FillAsync("Not saved");
        await page.RouteAsync("**" + path, route => route.FulfillAsync(new() { Status = 500, ContentType = "text/html", Body = "<p>Away</p>" }));
        var writes = new List<string>();
        page.Request += (_, request) => { if (request.Method == "POST") writes.Add(new Uri(request.Url).AbsolutePath); };

        if (button == "Test")
        {
            await page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" }).ClickAsync();
        }

        await page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

        await page.Locator("[data-no-response]").GetByText("No response.").WaitForAsync();
        await Assertions.Expect(page.GetByLabel("Title")).ToHaveValueAsync("Not saved");
        writes.ShouldBe([path]);
        link.LastChange.ShouldBeNull();
    }

    [Fact]
    public async Task A_restored_draft_does_not_overwrite_a_newer_link_and_other_drafts_stay_or_go()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/before");
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync($"/app/links/{link.Id}/edit");
        await page.GetByRole(AriaRole.Tablist).WaitForAsync();
        await page.GetByLabel("Title").FillAsync("Draft");
        await page.WaitForFunctionAsync("() => Object.values(localStorage).some(value => value.includes('Draft'))");
        // Of somebody else on this device, of the same user elsewhere, and an expired one.
        await page.EvaluateAsync("""
            () => {
              const own = Object.keys(localStorage).find(key => key.startsWith('linkshort-draft:')).split(':')[1].split('.')[0];
              const draft = { at: Date.now(), values: { url: 'https://example.com/' } };
              localStorage.setItem(`linkshort-draft:${crypto.randomUUID()}.${crypto.randomUUID()}.new`, JSON.stringify(draft));
              localStorage.setItem(`linkshort-draft:${own}.elsewhere.new`, JSON.stringify(draft));
              localStorage.setItem(`linkshort-draft:${own}.expired.new`, JSON.stringify({ ...draft, at: 1 }));
            }
            """);
        (link.Url, link.Version) = ("https://example.com/theirs", link.Version + 1);

        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes", Exact = true }).ClickAsync();
        await page.GetByText("Changed by someone else:").WaitForAsync();
        link.LastChange.ShouldBeNull();
        await Assertions.Expect(page.GetByLabel("Destination", new() { Exact = true })).ToHaveValueAsync("https://example.com/theirs");
        await tab.LookAsync("builder-modified");

        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes", Exact = true }).ClickAsync();
        await page.Locator(".toast-card").WaitForAsync();
        (link.Url, link.Title).ShouldBe(("https://example.com/theirs", "Draft"));
        await page.WaitForFunctionAsync("() => { const left = Object.keys(localStorage).filter(key => key.startsWith('linkshort-draft:')); return left.length === 1 && left[0].endsWith('.elsewhere.new'); }");
        tab.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dialog_with_entries_stays_open_when_somebody_clicks_or_selects_beside_it()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GetByRole(AriaRole.Link, new() { Name = "New link" }).First.ClickAsync();
        var dialog = page.Locator("dialog[open]");
        var url = dialog.Locator("[name=url]");
        await dialog.GetByRole(AriaRole.Tablist).WaitForAsync();

        // A selection that ends beside the dialog.
        var box = (await url.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + 20, box.Y + 10);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(5, 5);
        await page.Mouse.UpAsync();
        await Assertions.Expect(dialog).ToBeVisibleAsync();

        await url.FillAsync("https://example.com/typed");
        await page.Mouse.ClickAsync(5, 5);
        await Assertions.Expect(url).ToHaveValueAsync("https://example.com/typed");

        // Nothing to lose.
        await url.FillAsync("");
        await page.Mouse.ClickAsync(5, 5);
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task What_changes_by_itself_is_announced()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await page.AddInitScriptAsync("""
            window.announced = [];
            new MutationObserver(changes => {
              if (document.readyState === 'loading') return;
              for (const { target, addedNodes } of changes) if (addedNodes.length && target.closest?.('[role=status]')) window.announced.push(target.closest('[role=status]').id);
            }).observe(document, { childList: true, subtree: true });
            """);
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync("/app/links/new");
        await page.GetByRole(AriaRole.Tablist).WaitForAsync();
        await page.GetByLabel("Destination", new() { Exact = true }).FillAsync("https://example.com/");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Test", Exact = true }).ClickAsync();
        await page.WaitForFunctionAsync("() => window.announced.includes('tested')");

        // Unknown whether the code is free: nothing claims that it is still checked.
        using (stand.Api.Fail("GET", "/links/availability", 503, "unavailable", whose: account))
        {
            await page.RunAndWaitForResponseAsync(() => page.GetByLabel("Short link").FillAsync("some-code"), response => response.Url.Contains("/availability", StringComparison.Ordinal));
            await Assertions.Expect(page.Locator("[data-code-status]")).ToHaveTextAsync("");
        }

        await page.GetByLabel("Short link").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await page.Locator(".toast-card").GetByText("Your short link is ready.").WaitForAsync();
        await page.WaitForFunctionAsync("() => window.announced.includes('toasts')");
    }
}
