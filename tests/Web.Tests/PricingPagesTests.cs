using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Plans and prices, buying one, and the page that waits for the purchase; without script.</summary>
[Collection(nameof(WebStand))]
public sealed partial class PricingPagesTests(WebStand stand)
{
    private const string Checkout = "/app/settings/billing/checkout";

    [Fact]
    public async Task Everybody_sees_the_plans_by_month_and_by_year()
    {
        using var visitor = stand.Visit();
        var monthly = await visitor.GetAsync("/pricing");
        monthly.Status.ShouldBe(HttpStatusCode.OK);
        monthly.Text.ShouldMatch("(?s)id=\"plan-free\".*Free.*50 new links a month.*id=\"plan-pro\".*\\$5\\.00.*a month.*1,000 new links a month.*id=\"plan-business\".*\\$39\\.00.*Single sign-on");
        monthly.Text.ShouldContain("is free for 14 days.");
        monthly.Html.ShouldContain("<a href=\"/pricing?interval=year\">Yearly</a>");
        monthly.Html.ShouldNotContain(Checkout, Case.Sensitive, "only who is signed in can pay");

        var yearly = await visitor.GetAsync("/pricing?interval=year&promotionCode=SPRING");
        yearly.Text.ShouldMatch("(?s)\\$50\\.00.*a year.*\\$10\\.00 less than twelve months\\.");
        yearly.Html.ShouldContain("href=\"/app/signup?returnUrl=%2Fpricing%3Finterval%3Dyear%26plan%3Dpro%26promotionCode%3DSPRING\"");
        yearly.Html.ShouldContain("aria-current=\"true\">Yearly</a>");

        var home = await visitor.GetAsync("/");
        home.Text.ShouldMatch("(?s)id=\"plans\".*\\$5\\.00");
        home.Html.ShouldContain("<a href=\"/pricing\">Pricing</a>");
        (await visitor.GetAsync("/robots.txt")).Html.ShouldContain("Allow: /pricing");
    }

    [Theory]
    [InlineData("de", "5,00\u00a0$", "1.000 neue Links im Monat")]
    [InlineData("fr", "5,00\u00a0$", "nouveaux liens par mois")]
    [InlineData("ar", "$5.00", "1,000 رابط جديد شهريًا")]
    public async Task Prices_are_written_as_the_language_writes_them(string language, string price, string links)
    {
        using var visitor = stand.Visit();
        visitor.SetCookie("lang", language);
        var page = await visitor.GetAsync("/pricing");
        page.Text.ShouldContain(price);
        page.Text.ShouldContain(links);
    }

    [Fact]
    public async Task Signing_up_comes_back_to_the_chosen_plan()
    {
        using var visitor = stand.Visit();
        var chosen = SignUpLink().Matches((await visitor.GetAsync("/pricing?interval=year")).Html).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value)).First(link => link.Contains("plan%3Dpro", StringComparison.Ordinal));
        var form = await visitor.GetAsync(chosen);
        var consents = Regex.Matches(form.Html, "name=\"Consents\" value=\"([^\"]+)\"").Select(match => ("Consents", match.Groups[1].Value));
        var signedUp = await visitor.PostAsync(
            "/app/signup", [.. Visitor.HiddenFields(form.Html, "/app/signup"), ("email", $"buyer-{Guid.NewGuid():N}@example.com"), ("password", "correct horse battery"), .. consents]);
        signedUp.Location.ShouldBe("/pricing?interval=year&plan=pro");
        var page = await visitor.FollowAsync(signedUp);
        page.Text.ShouldMatch("(?s)id=\"plan-pro\".*Your choice.*Try Pro for free.*id=\"plan-business\"");
        page.Text.ShouldContain("For the workspace <strong>Personal</strong>.");
    }

    [Theory]
    [InlineData("/pricing", "/pricing")]
    [InlineData("/pricing?interval=year", "/pricing?interval=year")]
    [InlineData("/billing/success?session_id=cs_1", "/billing/success?session_id=cs_1")]
    [InlineData("/billing/other", "/app/links")]
    [InlineData("/pricing/../abc", "/app/links")]
    [InlineData("//pricing", "/app/links")]
    public void Signing_in_leads_back_to_these_pages_and_to_no_short_link(string asked, string expected) => ReturnUrl.Checked(asked).ShouldBe(expected);

    [Fact]
    public async Task A_checkout_starts_once_however_often_the_form_is_sent()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var page = await visitor.GetAsync("/pricing?interval=year");
        var form = FormOf(page.Html, "pro");
        var first = await visitor.PostAsync(Checkout, form);
        first.Status.ShouldBe(HttpStatusCode.OK);
        var leads = first.Response.Headers.GetValues("Refresh").ShouldHaveSingleItem();
        leads.ShouldStartWith($"0;url={stand.Api.Address}/stripe/checkout/cs_test_");
        first.Html.ShouldContain($"href=\"{leads[6..]}\"", Case.Sensitive, "also without the header");
        (await visitor.PostAsync(Checkout, form)).Response.Headers.GetValues("Refresh").ShouldBe([leads]);

        var other = await visitor.PostAsync(Checkout, FormOf(page.Html, "business"));
        other.Response.Headers.GetValues("Refresh").ShouldNotBe([leads], "another order has another key");
        (await visitor.PostAsync(Checkout, FormOf((await visitor.GetAsync("/pricing?interval=year")).Html, "pro"))).Response.Headers.GetValues("Refresh").ShouldNotBe([leads], "a new page is a new purchase");
        stand.Api.CheckoutKeys.ShouldAllBe(key => key.Length == 64);
    }

    [Fact]
    public async Task A_wrong_promotion_code_is_told_at_its_field_and_a_right_one_is_used()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var refused = await visitor.PostAsync(Checkout, FormOf((await visitor.GetAsync("/pricing?promotionCode=nonsense")).Html, "pro"));
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldMatch("(?s)<details class=\"more promotion\" open.*value=\"nonsense\".*id=\"field-promotionCode-error\".*This code isn't valid\\.");

        var page = await visitor.GetAsync("/pricing?promotionCode=SPRING");
        page.Text.ShouldContain("It is used when you choose a plan above.");
        (await visitor.PostAsync(Checkout, FormOf(page.Html, "pro"))).Response.Headers.Contains("Refresh").ShouldBeTrue();
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("member")]
    public async Task Other_roles_see_prices_without_buttons_and_are_refused_if_they_try(string role)
    {
        var account = stand.NewAccount("Max Member");
        stand.Api.AddTeam("Newsroom", (stand.NewAccount("Olga Owner"), "owner"), (account, role));
        using var visitor = await stand.VisitSignedInAsync(account);
        var page = await visitor.GetAsync("/pricing");
        page.Text.ShouldContain($"Only admins and owners can choose, change or cancel the plan. You are a {role}.");
        page.Html.ShouldNotContain(Checkout);
        page.Html.ShouldNotContain("name=\"promotionCode\"");
        var posted = await visitor.PostAsync(Checkout, [(Visitor.TokenField, await visitor.ForgeryTokenAsync()), ("Plan", "pro"), ("Interval", "month")]);
        posted.Status.ShouldBe(HttpStatusCode.Forbidden);
        posted.Text.ShouldContain("This requires the admin role");
        (await visitor.GetAsync("/billing/success?session_id=cs_test_1")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_workspace_that_pays_changes_its_plan_instead_of_buying_a_second_one()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var form = FormOf((await visitor.GetAsync("/pricing")).Html, "pro");
        stand.Api.Subscribe(stand.Api.CurrentOf(account), "pro");

        var page = await visitor.GetAsync("/pricing");
        page.Html.ShouldNotContain(Checkout);
        page.Text.ShouldMatch("(?s)id=\"plan-pro\".*Your plan.*href=\"/app/settings/billing\">Manage your plan.*href=\"/app/settings/billing/change\\?to=business%3Amonth\">Change to Business");
        (await visitor.GetAsync("/pricing?interval=year")).Html.ShouldContain("change?to=pro%3Ayear");
        // Bought in another tab meanwhile.
        (await visitor.PostAsync(Checkout, form)).Response.Headers.GetValues("Refresh").ShouldBe([$"0;url={stand.Api.Address}/stripe/portal"]);
    }

    [Fact]
    public async Task While_the_payment_provider_is_away_nothing_is_charged_and_the_page_says_so()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var form = FormOf((await visitor.GetAsync("/pricing?interval=year")).Html, "pro");
        using (stand.Api.Fail("POST", "/billing/checkout", 503, "unavailable", "\"detail\":\"Our payment provider isn't answering at the moment. Nothing was charged or changed.\"", whose: account))
        {
            var down = await visitor.PostAsync(Checkout, form);
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Text.ShouldContain("Our payment provider isn't answering at the moment. Nothing was charged or changed.");
            down.Text.ShouldContain("a year");
        }

        using (stand.Api.Fail("GET", "/billing/subscription", 503, "unavailable", whose: account))
        {
            (await visitor.GetAsync("/pricing")).Html.ShouldContain(Checkout, Case.Sensitive, "the API knows whether the workspace pays already");
        }
    }

    [Fact]
    public async Task The_page_after_a_checkout_waits_and_says_what_was_bought()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var leads = (await visitor.PostAsync(Checkout, FormOf((await visitor.GetAsync("/pricing")).Html, "pro"))).Response.Headers.GetValues("Refresh").Single();
        var page = "/billing/success?session_id=" + leads[(leads.LastIndexOf('/') + 1)..];

        var waiting = await visitor.GetAsync(page);
        waiting.Text.ShouldContain("your purchase is being confirmed");
        waiting.Html.ShouldContain("<noscript><meta http-equiv=\"refresh\" content=\"5\"");
        waiting.Html.ShouldContain($"hx-get=\"{page}\" hx-trigger=\"every 3s\"");
        using (stand.Api.Fail("GET", "/billing/checkout", 503, "unavailable", whose: account))
        {
            var away = await visitor.GetAsync(page);
            away.Status.ShouldBe(HttpStatusCode.OK);
            away.Text.ShouldContain("Nothing is lost: the page keeps asking.");
            away.Html.ShouldContain("every 3s");
        }

        stand.Api.EndCheckout(page[(page.IndexOf('=', StringComparison.Ordinal) + 1)..], "complete");
        var done = await visitor.GetAsync(page);
        done.Text.ShouldContain("Welcome to LinkShort Pro!");
        done.Text.ShouldMatch("It is free until [0-9]+ [A-Z][a-z]+ [0-9]{4}\\. After that: \\$5\\.00 a month\\.");
        done.Html.ShouldContain("href=\"/app/links/new\"");
        done.Html.ShouldNotContain("every 3s");
        done.Html.ShouldNotContain("http-equiv=\"refresh\"");
    }

    [Fact]
    public async Task Purchases_that_expired_or_are_not_of_this_workspace_are_explained()
    {
        var (account, stranger) = (stand.NewAccount(), stand.NewAccount());
        using var visitor = await stand.VisitSignedInAsync(account);
        using var other = await stand.VisitSignedInAsync(stranger);
        var leads = (await visitor.PostAsync(Checkout, FormOf((await visitor.GetAsync("/pricing")).Html, "pro"))).Response.Headers.GetValues("Refresh").Single();
        var id = leads[(leads.LastIndexOf('/') + 1)..];
        foreach (var path in new[] { $"/billing/success?session_id={id}", "/billing/success?session_id=cs_unknown%3Cb%3E" })
        {
            var foreign = await other.GetAsync(path);
            foreign.Status.ShouldBe(HttpStatusCode.NotFound, path);
            foreign.Text.ShouldContain("There is no such purchase in this workspace");
            foreign.Html.ShouldNotContain("every 3s");
        }

        stand.Api.EndCheckout(id, "expired");
        (await visitor.GetAsync($"/billing/success?session_id={id}")).Text.ShouldContain("Nothing was charged. Choose the plan again to start over.");
        (await visitor.GetAsync("/billing/success")).Location.ShouldBe("/app/settings/billing");
        (await visitor.GetAsync("/billing/success?session_id=" + new string('x', 300))).Location.ShouldBe("/app/settings/billing");
        using var nobody = stand.Visit();
        (await nobody.GetAsync($"/billing/success?session_id={id}")).Location.ShouldBe($"/app/signin?returnUrl=%2Fbilling%2Fsuccess%3Fsession_id%3D{id}");
    }

    /// <summary>The fields of the form that buys a plan.</summary>
    private static List<(string Name, string Value)> FormOf(string html, string plan)
    {
        var card = html[html.IndexOf($"id=\"plan-{plan}\"", StringComparison.Ordinal)..];
        return [.. Visitor.HiddenFields(card, Checkout)];
    }

    [GeneratedRegex("href=\"(/app/signup\\?returnUrl[^\"]*)\"")]
    private static partial Regex SignUpLink();
}
