using System.Net;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The operators' page about money, and plans that they grant.</summary>
[Collection(nameof(WebStand))]
public sealed class RevenueTests(WebStand stand)
{
    private const string Page = "/app/admin/revenue";

    [Fact]
    public async Task Every_figure_is_shown_with_its_definition_and_every_chart_with_its_table()
    {
        await using var api = await FakeApi.StartAsync();
        await using var web = WebApp.Start(api, stand.Redis);
        var customer = api.AddAccount("mira@example.com", "correct horse battery", "Mira");
        var team = api.AddTeam("Northwind <b>Press</b>", (customer, "owner"));
        api.AtRisk.Enqueue((team.Id, ["paymentFailed", "usageHalved"]));
        using var visitor = await OperatorOfAsync(api, web);

        var page = await visitor.GetAsync(Page);

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldContain("$1,519.00", customMessage: "MRR");
        page.Text.ShouldContain("$18,228.00", customMessage: "ARR");
        page.Text.ShouldContain("$412.30", customMessage: "lifetime value");
        foreach (var definition in new[]
        {
            "MRR: what paying customers bring in per month.", "ARR: twelve times MRR.", "ARPU: MRR divided by paying customers.", "LTV: ARPU divided by", "NRR: MRR at the start of the month",
            "Customer churn: customers at the start of the month", "Revenue churn: MRR lost", "From customers who had never paid before.", "More from customers who were already paying.",
            "From customers who had stopped and pay again.", "Less from customers who still pay.", "From customers who stopped paying.", "Forecast by Holt–Winters", "whose personal workspace has ever paid",
            "Of the trials that started in the month and are over",
        })
        {
            page.Text.ShouldContain(definition);
        }

        // The last whole month, in the tables of movements, of churn and of retention.
        foreach (var cell in new[] { "1,470.00", "1,519.00", "17.00", "100.5 %", "2.5 %", "1.1 %", "1,000", "21,876", "unlimited" })
        {
            page.Text.Replace('\u00a0', ' ').Replace("%", " %", StringComparison.Ordinal).Replace("  %", " %", StringComparison.Ordinal).ShouldContain(cell);
        }

        page.Html.Split("data-chart=").Length.ShouldBe(page.Html.Split("class=\"chart-table\"").Length);
        page.Html.Split("data-chart=").Length.ShouldBe(7);
        page.Html.ShouldContain($"href=\"/app/admin/workspaces/{team.Id}\"");
        page.Text.ShouldContain("payment failed");
        page.Text.ShouldContain("usage halved");
        page.Html.ShouldNotContain("<b>Press</b>");

        (await visitor.GetAsync(Page + "?months=60")).Html.ShouldContain("aria-current=\"true\">60 months");
        (await visitor.GetAsync(Page + "?months=7000")).Html.ShouldContain("aria-current=\"true\">13 months");
    }

    [Fact]
    public async Task A_young_installation_sees_the_run_rate_and_a_new_one_what_will_be_there()
    {
        await using var api = await FakeApi.StartAsync();
        await using var web = WebApp.Start(api, stand.Redis);
        api.MonthsOfRevenue = 5;
        using var visitor = await OperatorOfAsync(api, web);
        var young = await visitor.GetAsync(Page);
        young.Text.ShouldContain("This is the run rate, not a forecast");
        young.Text.ShouldNotContain("Holt–Winters");

        api.MonthsOfRevenue = -1;
        var none = await visitor.GetAsync(Page);
        none.Text.ShouldContain("No revenue yet");
        none.Text.ShouldContain("No customer is at risk.");
    }

    [Fact]
    public async Task Only_operators_see_it_and_an_outage_of_billing_is_an_error_page()
    {
        var op = stand.Api.Operator();
        using var visitor = await stand.VisitSignedInAsync(op);
        using (stand.Api.Fail("GET", "/admin/billing/conversion", 503, "unavailable", whose: op))
        {
            (await visitor.GetAsync(Page)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        using var nobody = await stand.VisitSignedInAsync(stand.NewAccount());
        (await nobody.GetAsync(Page)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await nobody.PostAsync($"/app/admin/workspaces/{Guid.NewGuid()}/plan", [(Visitor.TokenField, await nobody.ForgeryTokenAsync()), ("Plan", "business"), ("Reason", "mine")]))
            .Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_plan_is_granted_with_a_reason_and_an_end_and_the_grant_ended()
    {
        var account = stand.NewAccount();
        var team = stand.Api.CurrentOf(account);
        var op = stand.Api.Operator();
        using var visitor = await stand.VisitSignedInAsync(op);
        var (page, action) = ($"/app/admin/workspaces/{team.Id}", $"/app/admin/workspaces/{team.Id}/plan");
        (await visitor.GetAsync(page)).Text.ShouldContain("the default plan");

        var refused = await visitor.SubmitAsync(page, action, ("Plan", "business"), ("Reason", " "), ("EndsAt", "2091-01-31T18:30"));
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("From 1 to 500 printable characters.");
        refused.Html.ShouldContain("value=\"2091-01-31T18:30\"");
        refused.Html.ShouldContain("value=\"business\" selected");
        (await visitor.SubmitAsync(page, action, ("Plan", "pro"), ("Reason", "x"), ("EndsAt", "some day"))).Text.ShouldContain("Must be a date and time");
        (await visitor.SubmitAsync(page, action, ("Plan", "pro"), ("Reason", "x"), ("EndsAt", "2020-01-01T00:00"))).Text.ShouldContain("Must be in the future.");
        (await visitor.SubmitAsync(page, action, ("Plan", "gold"), ("Reason", "x"))).Text.ShouldContain("One of: free, pro, business.");
        stand.Api.GrantOf(team.Id).ShouldBeNull();

        (await visitor.SubmitAsync(page, action, ("Plan", "business"), ("Reason", "Sponsor <i>of</i> the conference"), ("EndsAt", "2091-01-31T18:30"))).Location.ShouldBe(page);
        ((string?)stand.Api.GrantOf(team.Id)!["endsAt"]).ShouldBe("2091-01-31T18:30:00+00:00");
        var granted = await visitor.GetAsync(page);
        granted.Text.ShouldContain("Business");
        granted.Text.ShouldContain("granted by an operator");
        granted.Text.ShouldContain("31 Jan 2091");
        granted.Html.ShouldNotContain("<i>of</i>");

        // Both wait for a recent sign-in.
        op.State.IsRecent = false;
        (await visitor.SubmitAsync(page, action + "/end")).Location.ShouldNotBeNull().ShouldStartWith("/app/confirm");
        (await visitor.SubmitAsync(page, action, ("Plan", "free"), ("Reason", "x"))).Location.ShouldNotBeNull().ShouldStartWith("/app/confirm");
        ((string?)stand.Api.GrantOf(team.Id)!["plan"]).ShouldBe("business");
        op.State.IsRecent = true;

        (await visitor.SubmitAsync(page, action + "/end")).Location.ShouldBe(page);
        stand.Api.GrantOf(team.Id).ShouldBeNull();
        var ended = await visitor.GetAsync(page);
        ended.Text.ShouldContain("the default plan");
        ended.Html.ShouldNotContain(action + "/end");

        using (stand.Api.Fail("GET", "/admin/billing/workspaces", 503, "unavailable", whose: op))
        {
            var away = await visitor.GetAsync(page);
            away.Status.ShouldBe(HttpStatusCode.OK);
            away.Text.ShouldContain("Billing doesn’t respond. The last known plan is <bdi>free</bdi>");
        }
    }

    private static async Task<Visitor> OperatorOfAsync(FakeApi api, WebApp web)
    {
        var op = api.Operator();
        var visitor = new Visitor(web.Address);
        await visitor.SignInAsync(op.Email, op.Password);
        return visitor;
    }
}

/// <summary>The same in Chromium: charts are drawn from what the tables show, and everything fits and is accessible.</summary>
[Collection(nameof(Looks))]
public sealed class RevenueLookTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData(1280, "en")]
    [InlineData(375, "en")]
    [InlineData(1280, "ar")]
    [InlineData(375, "ar")]
    public async Task The_page_and_a_workspaces_plan_fit_and_are_accessible(int width, string language)
    {
        await using var api = await FakeApi.StartAsync();
        await using var web = WebApp.Start(api, stand.Redis);
        var customer = api.AddAccount("mira@example.com", "correct horse battery", "Mira Okafor");
        var teams = new[] { "Northwind Press", "Harbour Hall", "Between the Lines" }.Select(name => api.AddTeam(name, (customer, "owner"))).ToArray();
        foreach (var (team, reasons) in teams.Zip(new string[][] { ["paymentFailed"], ["cancelled", "usageHalved"], ["usageHalved"] }))
        {
            api.AtRisk.Enqueue((team.Id, reasons));
        }

        var op = api.Operator();
        op.Locale = language;
        await using var tab = await browser.OpenAsync(web.Address, width);
        await tab.SignInAsync(op.Email, op.Password);

        await tab.Page.GotoAsync("/app/admin/revenue");
        await DrawnAsync(tab.Page);
        await tab.LookAsync($"admin-revenue-{language}");
        await tab.Page.Locator(".chart-table summary").First.ClickAsync();
        await tab.Page.Locator(".chart-table[open]").WaitForAsync();
        await tab.LookAsync($"admin-revenue-table-{language}", whole: false);
        api.MonthsOfRevenue = -1;
        await tab.Page.GotoAsync("/app/admin/revenue");
        await tab.LookAsync($"admin-revenue-none-{language}");
        api.MonthsOfRevenue = 4;
        await tab.Page.GotoAsync("/app/admin/revenue");
        await DrawnAsync(tab.Page);
        await tab.LookAsync($"admin-revenue-young-{language}");

        await tab.Page.GotoAsync($"/app/admin/workspaces/{teams[0].Id}");
        await tab.Page.Locator("[name=Plan]").SelectOptionAsync("business");
        await tab.Page.Locator("[name=EndsAt]").FillAsync("2091-01-31T18:30");
        await tab.Page.Locator("#field-grant-reason").FillAsync("Sponsor of the conference");
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.Page.Locator("form[action$='/plan/end']").WaitForAsync();
        ((string?)api.GrantOf(teams[0].Id)!["plan"]).ShouldBe("business");
        await tab.LookAsync($"admin-grant-{language}");
        tab.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Charts_are_redrawn_in_the_other_theme_and_their_values_are_read_by_pointing()
    {
        await using var api = await FakeApi.StartAsync();
        await using var web = WebApp.Start(api, stand.Redis);
        var op = api.Operator();
        await using var tab = await browser.OpenAsync(web.Address);
        await tab.SignInAsync(op.Email, op.Password);
        await tab.Page.GotoAsync("/app/admin/revenue");
        await DrawnAsync(tab.Page);

        var chart = tab.Page.Locator("section[aria-labelledby=movements-title] .chart");
        await chart.ScrollIntoViewIfNeededAsync();
        var box = (await chart.BoundingBoxAsync())!;
        await tab.Page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + (box.Height / 2));
        var tip = chart.Locator(".chart-tip");
        await tip.WaitForAsync();
        var text = await tip.InnerTextAsync();
        text.ShouldContain("Expansion");
        text.ShouldContain("$17.00");
        text.ShouldContain("-$5.00");
        (await tip.Locator(".key-loss").CountAsync()).ShouldBe(2);

        var before = await PictureAsync();
        await tab.Page.Locator("[data-theme-toggle]").First.ClickAsync();
        await Testing.Eventually.PassesAsync(async () => (await PictureAsync()).ShouldNotBe(before));
        tab.Complaints.ShouldBeEmpty();

        Task<string> PictureAsync() => chart.Locator("canvas").First.EvaluateAsync<string>("canvas => canvas.toDataURL()");
    }

    /// <summary>All charts, on their canvases.</summary>
    private static async Task DrawnAsync(IPage page)
    {
        var charts = await page.Locator("[data-chart]").CountAsync();
        charts.ShouldBeGreaterThan(0);
        await Assertions.Expect(page.Locator("[data-chart][data-drawn] canvas")).ToHaveCountAsync(charts);
    }
}
