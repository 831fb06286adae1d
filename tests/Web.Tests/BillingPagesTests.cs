using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The workspace's plan, usage and invoices, its changes, and the notices and refusals about it; without script.</summary>
[Collection(nameof(WebStand))]
public sealed class BillingPagesTests(WebStand stand)
{
    private const string Page = "/app/settings/billing";

    private const string LimitMembers =
        "\"detail\":\"Your plan includes 50 links a month, which this workspace has used.\",\"resource\":\"links\",\"limit\":50,\"used\":50,\"plan\":\"free\",\"upgradeTo\":\"pro\",\"upgradeUrl\":\"/pricing\"";

    [Fact]
    public async Task The_free_plan_shows_what_is_used_and_leads_to_the_others()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var page = await visitor.GetAsync(Page);
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldMatch("(?s)class=\"plan-name\"><bdi>Free</bdi>.*50 new links a month.*href=\"/pricing\">See plans");
        page.Text.ShouldContain("<b>12 of 50</b>");
        page.Text.ShouldMatch("(?s)The last 13 months.*<td>1,001</td>");
        page.Text.ShouldContain("No invoices yet.");
        page.Html.ShouldNotContain($"{Page}/cancel");
        page.Html.ShouldNotContain($"{Page}/portal");
        (await visitor.GetAsync("/app/workspace")).Html.ShouldContain($"<a href=\"{Page}\">Free</a>");
        team.Plan.Used["links"] = 7_654;
        (await visitor.GetAsync(Page)).Text.ShouldContain("<b>7,654 of 50</b>");
    }

    [Theory]
    [InlineData("active", null, "$5.00 a month. Renews on ")]
    [InlineData("trialing", null, "then $5.00 a month. Without a payment method")]
    [InlineData("past_due", "+3", "The last payment failed. Pay by ")]
    [InlineData("past_due", "-1", "A payment for Pro is open.")]
    [InlineData("unpaid", null, "A payment for Pro is open.")]
    [InlineData("paused", null, "Pro is paused")]
    public async Task Every_state_of_a_plan_is_a_sentence(string status, string? graceDays, string sentence)
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var subscription = stand.Api.Subscribe(team, "pro", status: status);
        subscription["graceUntil"] = graceDays is null ? null : TimeProvider.System.GetUtcNow().AddDays(int.Parse(graceDays, System.Globalization.CultureInfo.InvariantCulture));
        subscription["paymentUrl"] = status is "past_due" or "unpaid" ? $"{stand.Api.Address}/stripe/pay" : null;

        var page = await visitor.GetAsync(Page);

        page.Text.ShouldContain(sentence);
        page.Html.Contains($"href=\"{stand.Api.Address}/stripe/pay\"", StringComparison.Ordinal).ShouldBe(status is "past_due" or "unpaid");
        page.Html.ShouldContain($"action=\"{Page}/portal\"");
    }

    [Fact]
    public async Task A_granted_plan_says_by_whom_and_until_when()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        (team.Plan.Key, team.Plan.Source) = ("business", "grant");
        (await visitor.GetAsync(Page)).Text.ShouldContain("The operators of this installation gave this workspace the plan. There is nothing to pay.");
        team.Plan.EndsAt = new DateTimeOffset(2031, 3, 4, 12, 0, 0, TimeSpan.Zero);
        (await visitor.GetAsync(Page)).Text.ShouldContain("gave this workspace the plan until 4 Mar 2031.");
    }

    [Fact]
    public async Task Invoices_have_number_amount_state_and_file_in_the_readers_language()
    {
        var (team, visitor) = await OwnerAsync("de");
        using var _ = visitor;
        stand.Api.Subscribe(team, "pro");
        stand.Api.AddInvoices(team, 30, "open");
        var page = await visitor.GetAsync(Page);
        page.Text.ShouldContain("1.234,56\u00a0$");
        page.Text.ShouldContain("LS-2026-0030");
        page.Text.ShouldContain(">offen<");
        page.Text.ShouldContain(">bezahlt<");
        page.Text.ShouldContain($"href=\"{stand.Api.Address}/stripe/invoice/30.pdf\"");
        page.Text.ShouldContain("aria-label=\"Rechnung LS-2026-0030 bezahlen\"");
        page.Text.ShouldContain("Die nächste: 5,00\u00a0$ am ");
        page.Text.ShouldNotContain("LS-2026-0006");
        (await visitor.GetAsync($"{Page}?cursor=24")).Text.ShouldContain("LS-2026-0006");
        using (stand.Api.Fail("GET", "/billing/invoices", 503, "unavailable", whose: team.Members[0].Account))
        {
            (await visitor.GetAsync(Page)).Text.ShouldContain("class=\"plan-name\"><bdi>Pro</bdi>", Case.Sensitive, "the rest is shown");
        }
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("member")]
    public async Task Other_roles_see_plan_and_usage_and_neither_invoices_nor_buttons(string role)
    {
        var account = stand.NewAccount("Max Member");
        var team = stand.Api.AddTeam("Newsroom", (stand.NewAccount("Olga Owner"), "owner"), (account, role));
        stand.Api.Subscribe(team, "pro");
        stand.Api.AddInvoices(team, 1);
        using var visitor = await stand.VisitSignedInAsync(account);
        var page = await visitor.GetAsync(Page);
        page.Text.ShouldContain("class=\"plan-name\"><bdi>Pro</bdi>");
        page.Text.ShouldContain($"Only admins and owners can choose, change or cancel the plan. You are a {role}.");
        page.Text.ShouldNotContain("LS-2026-0001");
        foreach (var action in new[] { "change", "cancel", "portal", "resume" })
        {
            page.Html.ShouldNotContain($"{Page}/{action}");
        }

        var token = await visitor.ForgeryTokenAsync();
        foreach (var action in new[] { "change", "cancel" })
        {
            (await visitor.GetAsync($"{Page}/{action}")).Status.ShouldBe(HttpStatusCode.Forbidden, action);
        }

        foreach (var action in new[] { "cancel", "portal", "resume", "change" })
        {
            (await visitor.PostAsync($"{Page}/{action}", [(Visitor.TokenField, token), ("Reason", "unused"), ("To", "business:month")])).Status.ShouldBe(HttpStatusCode.Forbidden, action);
        }

        team.Plan.Subscription!["cancelAt"].ShouldBeNull();
    }

    [Fact]
    public async Task A_change_shows_its_cost_before_it_is_confirmed()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        stand.Api.Subscribe(team, "pro");
        var choices = await visitor.GetAsync($"{Page}/change");
        choices.Html.ShouldContain("value=\"business:month\"");
        choices.Html.ShouldContain("value=\"pro:year\"");
        choices.Html.ShouldNotContain("value=\"pro:month\"", Case.Sensitive, "the present plan");

        var preview = await visitor.GetAsync($"{Page}/change?to=pro:year");
        preview.Text.ShouldContain("Change to Pro");
        preview.Text.ShouldContain("$47.50");
        preview.Text.ShouldContain("Change and pay $47.50");
        ((string)team.Plan.Subscription!["interval"]!).ShouldBe("month", "a GET changes nothing");
        var changed = await visitor.FollowAsync(await visitor.SubmitAsync($"{Page}/change?to=pro:year", $"{Page}/change"));
        changed.Text.ShouldContain("The workspace is on Pro now.");
        changed.Text.ShouldContain("$50.00 a year. Renews on ");
        (await visitor.GetAsync($"{Page}/change?to=pro:year")).Text.ShouldContain("The workspace has this plan already.");
        (await visitor.GetAsync($"{Page}/change?to=nonsense")).Text.ShouldContain("New plan");
    }

    [Fact]
    public async Task A_smaller_plan_starts_later_says_what_is_lost_and_can_be_taken_back()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        stand.Api.Subscribe(team, "business");
        team.Plan.Used["members"] = 9;
        var preview = await visitor.GetAsync($"{Page}/change?to=pro:month");
        preview.Text.ShouldContain("Business stays until ");
        preview.Text.ShouldContain("Nothing is charged today");
        preview.Text.ShouldContain("The workspace has 9 members, and the new plan includes 5. Nobody is removed");
        preview.Text.ShouldContain("No changes to single sign-on");
        var later = await visitor.FollowAsync(await visitor.SubmitAsync($"{Page}/change?to=pro:month", $"{Page}/change"));
        later.Text.ShouldContain("The workspace changes to Pro on ");
        later.Text.ShouldMatch("From [^<]+ on: Pro, \\$5\\.00 a month\\.");
        later.Text.ShouldContain("The next one: $5.00 on ");
        (await visitor.FollowAsync(await visitor.SubmitAsync(Page, $"{Page}/resume"))).Text.ShouldContain("Business continues.");
        team.Plan.Subscription!["nextPlan"].ShouldBeNull();
    }

    [Fact]
    public async Task A_declined_card_and_an_open_payment_change_nothing_and_are_explained()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var subscription = stand.Api.Subscribe(team, "pro");
        team.Plan.DeclinesCards = true;
        var declined = await visitor.SubmitAsync($"{Page}/change?to=business:month", $"{Page}/change");
        declined.Status.ShouldBe(HttpStatusCode.PaymentRequired);
        declined.Text.ShouldContain("The card was declined, so the plan was not changed.");
        declined.Html.ShouldNotContain("class=\"plan-limit\"", Case.Sensitive, "no limit was reached");
        subscription["status"] = "past_due";
        subscription["paymentUrl"] = $"{stand.Api.Address}/stripe/pay";
        var open = await visitor.GetAsync($"{Page}/change?to=business:month");
        open.Status.ShouldBe(HttpStatusCode.Conflict);
        open.Text.ShouldMatch("(?s)A payment is open\\. Pay it first.*Pay now");
        ((string)subscription["plan"]!).ShouldBe("pro");
    }

    [Fact]
    public async Task Cancelling_asks_why_shows_what_is_lost_and_can_be_resumed()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        stand.Api.Subscribe(team, "pro");
        team.Plan.Coupon = "STAY20";
        var asked = await visitor.GetAsync($"{Page}/cancel");
        asked.Text.ShouldContain("Only 50 new links a month");
        asked.Text.ShouldContain("All short links keep working, and nothing is deleted.");
        asked.Text.ShouldContain("<code dir=\"ltr\">STAY20</code>");
        var without = await visitor.SubmitAsync($"{Page}/cancel", $"{Page}/cancel", ("Comment", "No reason <b>"));
        without.Status.ShouldBe(HttpStatusCode.BadRequest);
        without.Text.ShouldMatch("(?s)id=\"field-reason-error\".*Choose a reason\\.");
        without.Html.ShouldContain(">No reason &lt;b&gt;</textarea>");

        var cancelled = await visitor.FollowAsync(await visitor.SubmitAsync($"{Page}/cancel", $"{Page}/cancel", ("Reason", "too_expensive"), ("Comment", " Sorry. ")));
        team.Plan.Cancellation.ShouldBe(("too_expensive", "Sorry."));
        cancelled.Text.ShouldContain("Cancelled. Pro stays until ");
        cancelled.Text.ShouldContain(">cancelled</span>");
        cancelled.Html.ShouldNotContain($"href=\"{Page}/cancel\"");
        (await visitor.GetAsync($"{Page}/cancel")).Location.ShouldBe(Page);
        (await visitor.FollowAsync(await visitor.SubmitAsync(Page, $"{Page}/resume"))).Text.ShouldContain("Pro continues.");
        team.Plan.Subscription!["cancelAt"].ShouldBeNull();
    }

    [Fact]
    public async Task While_the_payment_provider_is_away_the_page_reads_and_actions_say_so()
    {
        const string Away = "\"detail\":\"Our payment provider isn't answering at the moment.\"";
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        stand.Api.Subscribe(team, "pro");
        var owner = team.Members[0].Account;
        using (stand.Api.Fail("POST", "/billing/", 503, "unavailable", Away, whose: owner))
        {
            (await visitor.GetAsync(Page)).Text.ShouldContain("$5.00 a month. Renews on ");
            (await visitor.FollowAsync(await visitor.SubmitAsync(Page, $"{Page}/portal"))).Text.ShouldContain("Our payment provider isn't answering at the moment.");
            (await visitor.GetAsync($"{Page}/change?to=pro:year")).Text.ShouldContain("Our payment provider isn't answering at the moment.");
            (await visitor.SubmitAsync($"{Page}/cancel", $"{Page}/cancel", ("Reason", "unused"))).Text.ShouldContain("Our payment provider isn't answering at the moment.");
        }

        (await visitor.SubmitAsync(Page, $"{Page}/portal")).Response.Headers.GetValues("Refresh").ShouldBe([$"0;url={stand.Api.Address}/stripe/portal"]);
        using (stand.Api.Fail("GET", "/billing/", 503, "unavailable", whose: owner))
        {
            (await visitor.GetAsync(Page)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK, "the app doesn't need it");
        }
    }

    [Fact]
    public async Task Changing_or_cancelling_nothing_leads_back_with_a_message()
    {
        var (_, visitor) = await OwnerAsync();
        using var __ = visitor;
        (await visitor.FollowAsync(await visitor.GetAsync($"{Page}/change"))).Text.ShouldContain("The workspace has no plan that can be changed.");
        (await visitor.FollowAsync(await visitor.GetAsync($"{Page}/cancel"))).Text.ShouldContain("There is no plan to cancel.");
        var token = await visitor.ForgeryTokenAsync();
        (await visitor.FollowAsync(await visitor.PostAsync($"{Page}/portal", [(Visitor.TokenField, token)]))).Text.ShouldContain("there is nothing to manage");
        (await visitor.FollowAsync(await visitor.PostAsync($"{Page}/resume", [(Visitor.TokenField, token)]))).Text.ShouldContain("This workspace has no running subscription.");
    }

    [Fact]
    public async Task A_failed_payment_is_on_every_page_with_the_way_to_pay_and_can_not_be_dismissed()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var member = stand.NewAccount("Max Member");
        stand.Api.Join(team, member, "member");
        member.WorkspaceId = team.Id;
        var subscription = stand.Api.Subscribe(team, "pro", status: "past_due");
        subscription["graceUntil"] = TimeProvider.System.GetUtcNow().AddDays(5);
        subscription["paymentUrl"] = $"{stand.Api.Address}/stripe/pay";
        foreach (var path in new[] { "/app/links", "/app/team", Page })
        {
            var banner = BannerOf(await visitor.GetAsync(path)).ShouldNotBeNull(path);
            banner.ShouldContain("The last payment failed. Pay by ");
            banner.ShouldContain($"href=\"{stand.Api.Address}/stripe/pay\"");
            banner.ShouldNotContain("notices/dismiss");
        }

        using var theirs = await stand.VisitSignedInAsync(member);
        BannerOf(await theirs.GetAsync("/app/links")).ShouldBeNull("only admins and owners can pay");
        stand.Api.Subscribe(team, "pro");
        BannerOf(await visitor.GetAsync("/app/links")).ShouldBeNull("paid");
    }

    [Fact]
    public async Task The_end_of_a_trial_is_announced_until_it_is_dismissed()
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var subscription = stand.Api.Subscribe(team, "pro", status: "trialing");
        BannerOf(await visitor.GetAsync("/app/links")).ShouldBeNull("two weeks are left");
        subscription["trialEnd"] = TimeProvider.System.GetUtcNow().AddDays(2);
        BannerOf(await visitor.GetAsync("/app/links")).ShouldNotBeNull().ShouldContain("The free trial of Pro ends on ");
        (await visitor.SubmitAsync("/app/links?search=x", $"{Page}/notices/dismiss")).Location.ShouldBe("/app/links?search=x");
        BannerOf(await visitor.GetAsync("/app/links")).ShouldBeNull();
        subscription["trialEnd"] = TimeProvider.System.GetUtcNow().AddDays(1);
        BannerOf(await visitor.GetAsync("/app/links")).ShouldNotBeNull("another end, as an operator may set it");
    }

    [Theory]
    [InlineData("links", 39, null, false)]
    [InlineData("links", 40, "40 of 50 new links of this month are used.", true)]
    [InlineData("links", 50, "All 50 new links of this month are used.", false)]
    [InlineData("links", 61, "61 new links were created this month, and Free includes 50. They all keep working", false)]
    [InlineData("members", 1, null, false)]
    [InlineData("members", 3, "The workspace has 3 members with open invitations, and Free includes 1. Nobody was removed.", false)]
    public async Task Limits_are_announced_at_80_and_100_percent_and_above(string limit, int used, string? sentence, bool isDismissible)
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        team.Plan.Used[limit] = used;
        var banner = BannerOf(await visitor.GetAsync("/app/links"));
        if (sentence is null)
        {
            banner.ShouldBeNull();
            return;
        }

        banner.ShouldNotBeNull().ShouldContain(sentence);
        banner.ShouldContain("href=\"/pricing?interval=month&plan=pro\"");
        banner.Contains("notices/dismiss", StringComparison.Ordinal).ShouldBe(isDismissible);
        if (isDismissible)
        {
            await visitor.SubmitAsync("/app/links", $"{Page}/notices/dismiss");
            BannerOf(await visitor.GetAsync("/app/links")).ShouldBeNull();
            team.Plan.Used[limit] = 50;
            BannerOf(await visitor.GetAsync("/app/links")).ShouldNotBeNull("what is more urgent is shown again");
        }
    }

    [Fact]
    public async Task Limits_are_announced_to_those_whom_they_stop()
    {
        var account = stand.NewAccount("Max Member");
        var team = stand.Api.AddTeam("Newsroom", (stand.NewAccount("Olga Owner"), "owner"), (account, "member"));
        team.Plan.Used["links"] = 50;
        using var visitor = await stand.VisitSignedInAsync(account);
        BannerOf(await visitor.GetAsync("/app/links")).ShouldNotBeNull().ShouldNotContain("/pricing", Case.Sensitive, "members can't choose a plan");
        stand.Api.ChangeRole(team, account, "viewer");
        BannerOf(await visitor.GetAsync("/app/links")).ShouldBeNull("viewers create nothing");
    }

    [Fact]
    public async Task Nonsense_is_not_remembered_as_dismissed()
    {
        var (_, visitor) = await OwnerAsync();
        using var __ = visitor;
        var token = await visitor.ForgeryTokenAsync();
        await visitor.PostAsync($"{Page}/notices/dismiss", [(Visitor.TokenField, token), ("Notice", "a~b; path=/"), ("ReturnUrl", "https://evil.example")]);
        visitor.Cookies["plan-notices"].ShouldBeNull();
        for (var i = 0; i < 12; i++)
        {
            (await visitor.PostAsync($"{Page}/notices/dismiss", [(Visitor.TokenField, token), ("Notice", $"notice-{i}"), ("ReturnUrl", "https://evil.example")])).Location.ShouldBe("/app/links");
        }

        visitor.Cookies["plan-notices"]!.Value.Split('~').ShouldBe(Enumerable.Range(4, 8).Select(i => $"notice-{i}"));
    }

    [Theory]
    [InlineData("/app/links/new", "/app/links", "POST", "/links", "url=https://example.com/")]
    [InlineData("/", "/", "POST", "/links", "url=https://example.com/")]
    [InlineData("/app/team/invite", "/app/team/invitations", "POST", "/workspaces/", "email=eva@example.com&Role=viewer")]
    [InlineData("/app/audit-log", "/app/audit-log/export", "GET", "/audit-log/export", "Format=csv")]
    public async Task A_limit_says_what_is_used_and_leads_to_the_plan_that_has_more(string page, string action, string method, string path, string fields)
    {
        var (team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var owner = team.Members[0].Account;
        using (stand.Api.Fail(method, path, 402, "plan-limit-reached", LimitMembers, whose: owner))
        {
            var refused = await visitor.SubmitAsync(page, action, [.. fields.Split('&').Select(field => field.Split('=')).Select(field => (field[0], field[1]))]);
            refused.Status.ShouldBe(HttpStatusCode.PaymentRequired);
            refused.Text.ShouldContain("Your plan includes 50 links a month, which this workspace has used.");
            refused.Text.ShouldMatch("(?s)class=\"plan-limit\".*Links this month: 50 of 50 · .*Plan: Free.*href=\"/pricing\\?interval=month&plan=pro\">See what Pro includes");
        }
    }

    [Fact]
    public async Task A_limit_tells_members_whom_to_ask_and_a_button_shows_it_as_a_message()
    {
        var account = stand.NewAccount("Max Member");
        stand.Api.AddTeam("Newsroom", (stand.NewAccount("Olga Owner"), "owner"), (account, "member"));
        var link = stand.Api.AddLink(account, "limit-" + Guid.NewGuid().ToString("N")[..8], "https://example.com/");
        using var visitor = await stand.VisitSignedInAsync(account);
        using (stand.Api.Fail("POST", "/links", 402, "plan-limit-reached", LimitMembers, whose: account))
        {
            var refused = await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/"));
            refused.Text.ShouldContain("An admin or owner of the workspace can choose a higher plan.");
            refused.Html.ShouldNotContain("/pricing?");
            var duplicated = await visitor.FollowAsync(await visitor.PostAsync($"/app/links/{link.Id}/duplicate", [(Visitor.TokenField, await visitor.ForgeryTokenAsync())]));
            duplicated.Text.ShouldMatch("(?s)toast-problem.*Your plan includes 50 links a month.*href=\"/pricing\">See plans");
        }
    }

    /// <returns>Null if the page has none.</returns>
    private static string? BannerOf(Shown page) =>
        System.Text.RegularExpressions.Regex.Match(page.Text, "(?s)<section class=\"banner plan-banner.*?</section>") is { Success: true } banner ? banner.Value : null;

    private async Task<(FakeApi.Team Team, Visitor Visitor)> OwnerAsync(string locale = "en")
    {
        var owner = stand.NewAccount("Olga Owner");
        owner.Locale = locale;
        var team = stand.Api.AddTeam("Newsroom", (owner, "owner"));
        return (team, await stand.VisitSignedInAsync(owner));
    }
}
