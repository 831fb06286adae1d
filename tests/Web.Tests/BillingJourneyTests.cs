using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>From prices to a plan and back in a browser, and the look of the pages on the way.</summary>
[Collection(nameof(Journeys))]
public sealed class BillingJourneyTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData(1280, true)]
    [InlineData(375, true)]
    [InlineData(1280, false)]
    public async Task A_person_buys_a_plan_changes_to_yearly_cancels_and_resumes(int width, bool script)
    {
        var owner = stand.NewAccount("Olga Owner");
        var team = stand.Api.AddTeam("Newsroom", (owner, "owner"));
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, script);
        var page = tab.Page;
        await tab.SignInAsync(owner.Email, owner.Password);
        await page.GotoAsync("/pricing");
        await page.GetByRole(AriaRole.Link, new() { Name = "Yearly" }).ClickAsync();
        await page.GetByText("$50.00").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Monthly" }).ClickAsync();
        await page.GetByText("$5.00").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try Pro for free" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Pay", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Welcome to LinkShort Pro!" }).WaitForAsync();
        team.Plan.Key.ShouldBe("pro");

        await page.Locator("#content").GetByRole(AriaRole.Link, new() { Name = "Billing" }).ClickAsync();
        await page.GetByText("free trial", new() { Exact = true }).WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Change plan" }).ClickAsync();
        await page.GetByLabel("Pro $50.00 a year").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Change and pay $47.50" }).ClickAsync();
        await page.GetByText("The workspace is on Pro now.").WaitForAsync();
        ((string)team.Plan.Subscription!["interval"]!).ShouldBe("year");

        await page.GetByRole(AriaRole.Link, new() { Name = "Cancel plan" }).ClickAsync();
        await page.GetByLabel("I don’t use it enough").CheckAsync();
        await page.GetByLabel("What could we have done better?").FillAsync("Nothing, thank you.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel plan" }).ClickAsync();
        await page.GetByText("Cancelled. Pro stays until").WaitForAsync();
        team.Plan.Cancellation.ShouldBe(("unused", "Nothing, thank you."));

        await page.GetByRole(AriaRole.Button, new() { Name = "Resume Pro" }).ClickAsync();
        await page.GetByText("Pro continues.").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Payment methods and addresses" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Return" }).ClickAsync();
        await page.WaitForURLAsync("**/app/settings/billing");
    }

    [Fact]
    public async Task The_page_after_a_checkout_continues_by_itself_when_the_payment_is_known()
    {
        var owner = stand.NewAccount("Olga Owner");
        stand.Api.AddTeam("Newsroom", (owner, "owner"));
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        // The page polls every three seconds, by a clock that the test advances.
        await page.Clock.InstallAsync();
        await tab.SignInAsync(owner.Email, owner.Password);
        await page.GotoAsync("/pricing");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try Business for free" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Pay", Exact = true }).WaitForAsync();
        var id = page.Url[(page.Url.LastIndexOf('/') + 1)..];
        await page.GotoAsync($"{stand.Web.Address}/billing/success?session_id={id}");
        await page.GetByText("The page continues by itself.").WaitForAsync();
        await tab.LookAsync("purchase-open");
        stand.Api.EndCheckout(id, "complete");
        await page.Clock.FastForwardAsync(3_000);
        await page.GetByRole(AriaRole.Heading, new() { Name = "Welcome to LinkShort Business!" }).WaitForAsync();
        await tab.LookAsync("purchase-done");
        tab.Findings.ShouldBeEmpty();
    }
}

/// <summary>The pages about plans in each state fit their window, and axe finds nothing.</summary>
[Collection(nameof(Looks))]
public sealed class BillingLookTests(WebStand stand, Browser browser)
{
    private const string Page = "/app/settings/billing";

    [Theory]
    [InlineData(1280, "en")]
    [InlineData(375, "en")]
    [InlineData(1280, "ar")]
    [InlineData(375, "ar")]
    public async Task Every_state_fits_and_is_accessible(int width, string language)
    {
        var owner = stand.NewAccount("Olga Owner");
        owner.Locale = language;
        var team = stand.Api.AddTeam("Editorial and marketing of Northwind Press", (owner, "owner"));
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, locale: language);
        await ShowAsync("/pricing?interval=year&promotionCode=SPRING", "pricing-year");
        using (var visitor = await stand.VisitSignedInAsync(owner))
        {
            await tab.Page.Context.AddCookiesAsync(visitor.Cookies.Select(cookie => new Cookie { Name = cookie.Name, Value = cookie.Value, Url = stand.Web.Address }));
        }

        team.Plan.Used["links"] = 44;
        await ShowAsync("/pricing?plan=pro", "pricing-free");
        await ShowAsync(Page, "billing-free");
        stand.Api.Subscribe(team, "business");
        stand.Api.AddInvoices(team, 4, "open");
        team.Plan.Used["members"] = 41;
        await ShowAsync("/pricing", "pricing-business");
        await ShowAsync(Page, "billing-business");
        await ShowAsync($"{Page}/change", "billing-change");
        await ShowAsync($"{Page}/change?to=pro:month", "billing-downgrade");
        await ShowAsync($"{Page}/change?to=business:year", "billing-upgrade");
        team.Plan.Coupon = "STAY20";
        await ShowAsync($"{Page}/cancel", "billing-cancel");
        var subscription = stand.Api.Subscribe(team, "pro", status: "past_due");
        subscription["graceUntil"] = TimeProvider.System.GetUtcNow().AddDays(4);
        subscription["paymentUrl"] = $"{stand.Api.Address}/stripe/pay";
        await ShowAsync(Page, "billing-past-due");
        subscription = stand.Api.Subscribe(team, "pro", status: "trialing");
        subscription["trialEnd"] = TimeProvider.System.GetUtcNow().AddDays(2);
        await ShowAsync("/app/links", "banner-trial");
        using (stand.Api.Fail("POST", "/workspaces/", 402, "plan-limit-reached", "\"detail\":\"Your plan includes 5 members.\",\"resource\":\"members\",\"limit\":5,\"used\":5,\"plan\":\"pro\",\"upgradeTo\":\"business\",\"upgradeUrl\":\"/pricing\"", whose: owner))
        {
            await tab.Page.GotoAsync("/app/team/invite");
            await tab.Page.Locator("#field-email").FillAsync("eva@example.com");
            await tab.Page.Locator(".panel .btn-primary").ClickAsync();
            await tab.Page.Locator(".plan-limit").WaitForAsync();
            await tab.LookAsync($"{language}-limit");
        }

        await ShowAsync("/billing/success?session_id=cs_unknown", "purchase-unknown");
        await ShowAsync("/", "home-plans");
        tab.Findings.ShouldBeEmpty();

        async Task ShowAsync(string path, string name)
        {
            await tab.Page.GotoAsync(path);
            await tab.LookAsync($"{language}-{name}");
        }
    }
}
