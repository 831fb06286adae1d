using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LinkShort.Testing;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

[Collection(nameof(WebStand))]
public sealed partial class LinkPagesTests(WebStand stand)
{
    [Fact]
    public async Task A_link_is_created_shown_changed_and_deleted_without_script()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var code = "spring-" + Guid.NewGuid().ToString("N")[..6];

        var created = await visitor.FollowAsync(await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/a?b=1&c=%2B#x"), ("code", code), ("title", "Spring <sale>")));
        created.Text.ShouldContain("Your short link is ready.");
        created.Text.ShouldContain($"https://linksho.rt/{code}");
        created.Html.ShouldContain("Spring &lt;sale&gt;");
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("Your short link is ready.", Case.Sensitive, "a toast is shown once");

        var link = account.Links.ShouldHaveSingleItem();
        link.Url.ShouldBe("https://example.com/a?b=1&c=%2B#x");
        var page = $"/app/links/{link.Id}";
        var saved = await visitor.FollowAsync(await visitor.SubmitAsync(page + "/edit", page, ("url", "https://example.com/new"), ("title", "")));
        saved.Text.ShouldContain("Saved.");
        (link.Url, link.Title).ShouldBe(("https://example.com/new", null));

        (await visitor.GetAsync(page + "/delete")).Text.ShouldContain("Delete this link?");
        account.Links.ShouldNotBeEmpty("a GET deletes nothing");
        var deleted = await visitor.FollowAsync(await visitor.SubmitAsync(page + "/delete", page + "/delete"));
        deleted.Text.ShouldContain("Link deleted.");
        account.LiveLinks.ShouldBeEmpty();
        deleted.Text.ShouldContain("Create your first short link");
        (await visitor.FollowAsync(await visitor.PostAsync("/app/links/many", Visitor.HiddenFields(deleted.Html, "/app/links/many")))).Text.ShouldContain("1 link restored.");
        account.LiveLinks.ShouldHaveSingleItem().ShouldBe(link);
    }

    [Fact]
    public async Task Input_that_the_api_refuses_stays_in_the_form()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());

        var refused = await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "ftp://example.com/file"), ("code", "my-code"), ("title", "My title"));

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldMatch("(?s)id=\"field-url-error\".*Only http and https addresses can be shortened\\.");
        refused.Text.ShouldContain("value=\"ftp://example.com/file\"");
        refused.Text.ShouldContain("value=\"my-code\"");
        refused.Text.ShouldContain("value=\"My title\"");
    }

    [Fact]
    public async Task A_taken_code_is_reported_at_its_field()
    {
        var account = stand.NewAccount();
        var code = Guid.NewGuid().ToString("N")[..10];
        stand.Api.AddLink(account, code, "https://example.com/first");
        using var visitor = await stand.VisitSignedInAsync(account);

        var refused = await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/second"), ("code", code), ("title", ""));

        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Text.ShouldMatch("(?s)id=\"field-code-error\".*This short link is already taken\\.");
    }

    [Theory]
    [InlineData(403, "feature-unavailable", "\"detail\":\"The operators have turned off the creation of new links.\"", null, "turned off the creation of new links.")]
    [InlineData(429, "rate-limited", "", 42, "Try again in 42 seconds.")]
    [InlineData(503, "unavailable", "", 2, "isn't responding right now")]
    [InlineData(500, "internal", "", null, "0123456789abcdef")]
    [InlineData(400, "validation", "\"errors\":{\"expiresAt\":[\"Must be later.\"]}", null, "Must be later.")]
    public async Task Problems_are_shown_above_the_form_with_the_input_kept(int status, string slug, string members, int? retryAfter, string expected)
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var form = await visitor.GetAsync("/app/links/new");
        Shown refused;
        using (stand.Api.Fail("POST", "/links", status, slug, members, retryAfter))
        {
            refused = await visitor.PostAsync("/app/links", [.. Visitor.HiddenFields(form.Html, "/app/links"), ("url", "https://example.com/kept"), ("code", ""), ("title", "")]);
        }

        ((int)refused.Status).ShouldBe(status);
        refused.Text.ShouldContain(expected);
        refused.Text.ShouldContain("value=\"https://example.com/kept\"");
    }

    [Fact]
    public async Task A_concurrent_change_is_shown_and_not_overwritten_and_saving_again_works()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/before");
        using var visitor = await stand.VisitSignedInAsync(account);
        var page = $"/app/links/{link.Id}";
        var form = await visitor.GetAsync(page + "/edit");
        (link.Url, link.Version) = ("https://example.com/by-somebody-else", link.Version + 1);

        var refused = await visitor.PostAsync(page, [.. Visitor.HiddenFields(form.Html, page), ("url", "https://example.com/mine"), ("title", "")]);

        refused.Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        refused.Text.ShouldContain("It now leads to");
        refused.Text.ShouldContain("https://example.com/by-somebody-else");
        refused.Text.ShouldContain("value=\"https://example.com/mine\"");
        link.Url.ShouldBe("https://example.com/by-somebody-else");

        await visitor.PostAsync(page, [.. Visitor.HiddenFields(refused.Html, page), ("url", "https://example.com/mine"), ("title", "")]);
        link.Url.ShouldBe("https://example.com/mine");
    }

    [Fact]
    public async Task Settings_that_the_form_lacks_are_mentioned_and_not_changed()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/before");
        foreach (var (field, value) in JsonNode.Parse("""
            {
              "hasPassword": true, "maxClicks": 1500, "expiresAt": "2090-06-01T00:00:00Z", "expiredUrl": "https://example.com/over", "forwardQuery": "visitor",
              "utm": { "source": "x" }, "rules": [ { "when": { "country": ["DE"] }, "url": "https://example.com/de" } ],
              "variants": [ { "weight": 1, "name": "A" }, { "weight": 1, "name": "B" } ], "aliases": ["old-name"], "cacheSeconds": null, "allowIndexing": false
            }
            """)!.AsObject())
        {
            link.Beyond[field] = value?.DeepClone();
        }

        using var visitor = await stand.VisitSignedInAsync(account);
        var page = $"/app/links/{link.Id}";
        var shown = (await visitor.GetAsync(page)).Text;
        foreach (var tag in new[] { "Password", "At most 1,500 clicks", "1 rule", "2 variants", "Expires ", "old-name" })
        {
            shown.ShouldContain(tag, Case.Sensitive);
        }

        (await visitor.GetAsync("/app/links")).Text.ShouldContain(link.Code);
        // Without the marks that lists are shown: what a form lacks isn't changed.
        var marks = new[] { "variantsShown", "aliasesShown" };
        var fields = Visitor.HiddenFields((await visitor.GetAsync(page + "/edit")).Html, page).Where(field => !marks.Contains(field.Name));
        await visitor.FollowAsync(await visitor.PostAsync(page, [.. fields, ("url", "https://example.com/after"), ("title", "T")]));
        // A merge patch: absent members are not changed.
        link.LastChange!.Select(field => field.Key).Order().ShouldBe(["title", "url"]);
        var plain = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/plain");
        (await visitor.GetAsync($"/app/links/{plain.Id}")).Text.ShouldNotContain("<dt>Options</dt>");
    }

    [Fact]
    public async Task The_list_is_searched_and_paged_by_plain_links()
    {
        var account = stand.NewAccount();
        var mark = Guid.NewGuid().ToString("N")[..6];
        for (var i = 0; i < 57; i++)
        {
            stand.Api.AddLink(account, $"{mark}-{i}", i % 19 == 0 ? "https://example.com/needle" : "https://example.com/hay", clicks: i);
        }

        using var visitor = await stand.VisitSignedInAsync(account);
        var seen = new List<string>();
        var address = "/app/links";
        while (address is not null)
        {
            var page = (await visitor.GetAsync(address)).Text;
            seen.Clear();
            seen.AddRange(RowLinks().Matches(page).Select(row => row.Groups[1].Value));
            address = More().Match(page) is { Success: true } more ? more.Groups[1].Value : null;
        }

        seen.Count.ShouldBe(57);
        seen.Distinct().Count().ShouldBe(57);
        var found = (await visitor.GetAsync("/app/links?search=needle")).Text;
        RowLinks().Count(found).ShouldBe(3);
        found.ShouldContain("value=\"needle\"");
        (await visitor.GetAsync("/app/links?search=no%22%3Cthing")).Text.ShouldContain("No links match “no\"<thing”");
    }

    [Fact]
    public async Task The_analytics_are_shown_as_a_table_and_as_the_charts_data()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/popular", clicks: 4_321);
        using var visitor = await stand.VisitSignedInAsync(account);

        foreach (var (range, rows) in new[] { ("24h", 24), ("7d", 7), ("30d", 30), ("90d", 90) })
        {
            var page = await visitor.GetAsync($"/app/links/{link.Id}?range={range}");
            Regex.Count(page.Html, "<tr><th scope=\"row\">").ShouldBe(rows, range);
            page.Html.ShouldContain("data-chart=");
            page.Text.ShouldContain("4,3");
        }
    }

    [Fact]
    public async Task Countries_and_cities_are_shown_by_name_with_the_attribution_that_their_licence_requires()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/popular", clicks: 4_321);
        using var visitor = await stand.VisitSignedInAsync(account);

        var page = await visitor.GetAsync($"/app/links/{link.Id}");
        page.Text.ShouldContain("Germany");
        page.Text.ShouldContain("United States");
        page.Text.ShouldContain("Berlin, Germany");
        page.Text.ShouldContain("New York, United States");
        page.Text.ShouldNotContain("Unknown,");
        page.Html.ShouldContain("<a href=\"https://db-ip.com\">IP Geolocation by DB-IP</a>");
    }

    [Fact]
    public async Task Days_start_in_the_viewers_time_zone()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/far-away");
        using var visitor = await stand.VisitSignedInAsync(account);
        visitor.SetCookie("tz", "Pacific/Auckland");

        await visitor.GetAsync($"/app/links/{link.Id}?range=7d");

        stand.Api.Calls.ShouldContain(call => call.Path == $"/api/v1/links/{link.Id}/analytics" && call.Query.Contains("tz=Pacific%2FAuckland", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_link_of_another_workspace_or_none_is_not_found()
    {
        var other = stand.NewAccount();
        var link = stand.Api.AddLink(other, Guid.NewGuid().ToString("N")[..8], "https://example.com/private");
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());

        foreach (var path in new[] { $"/app/links/{link.Id}", $"/app/links/{link.Id}/edit", $"/app/links/{link.Id}/delete", $"/app/links/{Guid.NewGuid()}", "/app/links/not-an-id", "/app/nothing" })
        {
            var page = await visitor.GetAsync(path);
            page.Status.ShouldBe(HttpStatusCode.NotFound, path);
            page.Text.ShouldContain("Page not found");
            page.Text.ShouldNotContain("private");
        }
    }

    [Fact]
    public async Task Unavailable_analytics_leave_the_rest_of_the_page_usable()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/page");
        using var visitor = await stand.VisitSignedInAsync(account);
        using var away = stand.Api.Fail("GET", $"/links/{link.Id}/analytics", 502, "bad-gateway");

        var page = await visitor.GetAsync($"/app/links/{link.Id}");

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldContain("Analytics are temporarily unavailable");
        page.Text.ShouldContain("https://example.com/page");
    }

    [Fact]
    public async Task Calls_to_the_api_carry_the_visitors_address_and_token_and_the_internal_key()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/who");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/app/links/{link.Id}");
        request.Headers.Add("X-Internal-Key", Servers.InternalKey);
        request.Headers.Add("X-Forwarded-For", "203.0.113.99");

        await visitor.SendAsync(request);

        var call = stand.Api.Calls.Last(call => call.Path == $"/api/v1/links/{link.Id}");
        call.InternalKey.ShouldBe(Servers.InternalKey);
        call.ForwardedFor.ShouldBe("203.0.113.99");
        call.Authorization.ShouldNotBeNull().ShouldStartWith("Bearer access-");
    }

    [Fact]
    public async Task The_home_page_shortens_for_signed_in_users_and_shows_the_link()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);

        var home = await visitor.FollowAsync(await visitor.SubmitAsync("/", "/", ("url", "https://example.com/from-home")));
        home.Text.ShouldContain("Ready to share");
        home.Text.ShouldContain("https://linksho.rt/" + account.Links.ShouldHaveSingleItem().Code);

        var refused = await visitor.SubmitAsync("/", "/", ("url", "nonsense"));
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("This isn’t a complete URL.");
        refused.Text.ShouldContain("value=\"nonsense\"");
    }

    [GeneratedRegex("href=\"/app/links/([0-9a-f-]{36})\" class=\"row-link\"")]
    private static partial Regex RowLinks();

    [GeneratedRegex("<a class=\"btn\" href=\"(/app/links\\?[^\"]*)\" data-more")]
    private static partial Regex More();
}
