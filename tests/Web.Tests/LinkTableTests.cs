using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Web.Links;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The list of links without script: filters, order, view, and what is done to one link or many.</summary>
[Collection(nameof(WebStand))]
public sealed partial class LinkTableTests(WebStand stand)
{
    [Fact]
    public async Task Filters_and_order_are_in_the_URL_and_reach_the_API()
    {
        var (account, visitor) = await WithLinksAsync("one", "two", "three");
        using var _ = visitor;
        visitor.SetCookie("tz", "Europe/Berlin");
        account.Links[0].Beyond["tags"] = new System.Text.Json.Nodes.JsonArray("spring & more");

        var page = await visitor.GetAsync($"/app/links?search=o&status=active&tag=spring%20%26%20more&by={account.Id}&from=2020-07-01&to=2090-01-31&sort=most&rows=50");

        var asked = stand.Api.Calls.Last(call => call.Path == "/api/v1/links" && call.Query.Contains("2020", StringComparison.Ordinal)).Query;
        foreach (var part in new[]
        {
            "search=o", "status=active", "tag=spring%20%26%20more", $"createdBy={account.Id}", "createdFrom=2020-06-30T22%3A00%3A00Z", "createdTo=2090-01-31T23%3A00%3A00Z", "sort=clicks",
            "order=desc", "limit=50", "count=true",
        })
        {
            asked.ShouldContain(part);
        }

        Rows().Count(page.Html).ShouldBe(1);
        page.Text.ShouldContain("1 link<");
        page.Text.ShouldContain("aria-label=\"Remove filter Tag spring & more\"");
        page.Text.ShouldContain("<option value=\"spring & more\" selected");
        page.Text.ShouldContain("<option value=\"most\" selected");
        page.Text.ShouldContain($"name=\"Back\" value=\"/app/links?search=o&status=active&tag=spring%20%26%20more&by={account.Id}&from=2020-07-01&to=2090-01-31&sort=most&rows=50\"");
        Regex.Match(page.Text, "aria-sort=\"descending\">\\s*<a id=\"sort-most\" href=\"([^\"]*)\"").Groups[1].Value.ShouldContain("sort=fewest");

        // Nonsense is explained, and the rest of the filter is kept.
        var refused = await visitor.GetAsync("/app/links?by=nobody&status=active&rows=many&sort=price");
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("This filter isn’t valid. Not an id.");
        refused.Text.ShouldContain("<option value=\"active\" selected");
        (await visitor.GetAsync("/app/links?tag=none-has-it")).Text.ShouldContain("No links match these filters");
    }

    [Fact]
    public async Task The_state_of_each_link_is_named()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        using var visitor = await stand.VisitSignedInAsync(account);

        var page = (await visitor.GetAsync("/app/links")).Text;
        foreach (var badge in new[] { "Expired", "Scheduled", "Password", "Used up", "1 rule", "2 variants" })
        {
            page.ShouldMatch($"<span class=\"badge-state [^>]*>{badge}<");
        }

        page.ShouldContain("8 links<");
        page.ShouldContain("clicks in the last 30 days");
        page.ShouldNotContain(">Created by<", Case.Sensitive, "alone, everything is one's own");
    }

    [Fact]
    public async Task Selected_links_are_tagged_archived_and_deleted_with_a_count_and_each_can_be_undone()
    {
        var (account, visitor) = await WithLinksAsync("one", "two", "three");
        using var _ = visitor;
        var links = account.Links.ToArray();
        links[2].Beyond["tags"] = new System.Text.Json.Nodes.JsonArray("sale");

        (await DoAsync("tag", links, ("Tag", " sale "))).ShouldContain("2 links tagged. 1 was so already.");
        links.ShouldAllBe(link => link.Tags.Single() == "sale");
        (await DoAsync("untag", links[..1], ("Tag", "sale"))).ShouldContain("Tag removed from 1 link.");
        (await DoAsync("tag", links, ("Tag", " "))).ShouldContain("Enter a tag first.");
        (await DoAsync("archive", [])).ShouldContain("Select at least one link.");

        account.Links.Remove(links[1]);
        var archived = await DoAsync("archive", links);
        archived.ShouldContain("2 links archived. 1 no longer exists.");
        account.LiveLinks.ShouldAllBe(link => link.Archived);
        (await UndoAsync(archived)).ShouldContain("2 links restored.");
        account.LiveLinks.ShouldAllBe(link => !link.Archived);

        var deleted = await DoAsync("delete", [links[0], links[2]]);
        deleted.ShouldContain("2 links deleted.");
        account.LiveLinks.ShouldBeEmpty();
        (await visitor.GetAsync("/app/links?status=deleted")).Text.ShouldContain("Deleted links can be restored for 30 days.");
        await UndoAsync(deleted);
        account.LiveLinks.Count.ShouldBe(2);

        async Task<string> DoAsync(string what, IEnumerable<FakeApi.LinkRow> which, params (string, string)[] more) =>
            (await visitor.FollowAsync(await visitor.SubmitAsync("/app/links?status=all", "/app/links/many", [("Do", what), .. which.Select(link => ("Ids", link.Id.ToString())), .. more]))).Html;

        async Task<string> UndoAsync(string page)
        {
            var toast = page[page.IndexOf("id=\"toasts\"", StringComparison.Ordinal)..];
            return (await visitor.FollowAsync(await visitor.PostAsync("/app/links/many", Visitor.HiddenFields(toast, "/app/links/many")))).Html;
        }
    }

    [Fact]
    public async Task As_many_as_can_be_changed_at_once_can_be_undone_but_only_by_whom_they_were_changed()
    {
        var (account, visitor) = await WithLinksAsync([.. Enumerable.Range(0, LinkFilter.MaxRows).Select(n => $"l{n}")]);
        using var _ = visitor;
        var deleted = (await visitor.FollowAsync(await visitor.SubmitAsync(
            "/app/links?status=all", "/app/links/many", [("Do", "delete"), .. account.Links.Select(link => ("Ids", link.Id.ToString()))]))).Html;
        account.LiveLinks.ShouldBeEmpty();
        var fields = Visitor.HiddenFields(deleted[deleted.IndexOf("id=\"toasts\"", StringComparison.Ordinal)..], "/app/links/many");
        var undo = fields.Single(field => field.Item1 == "Undo");

        using var sameUser = await stand.VisitSignedInAsync(account);
        (await sameUser.FollowAsync(await sameUser.SubmitAsync("/app/links?status=deleted", "/app/links/many", ("Do", "restore"), undo))).Text.ShouldContain("It’s too late to undo this.");
        account.LiveLinks.ShouldBeEmpty();

        (await visitor.FollowAsync(await visitor.PostAsync("/app/links/many", fields))).Text.ShouldContain("200 links restored.");
        account.LiveLinks.Count.ShouldBe(LinkFilter.MaxRows);
    }

    [Fact]
    public async Task One_link_is_duplicated_archived_deleted_restored_and_deleted_permanently_from_its_menu()
    {
        var (account, visitor) = await WithLinksAsync("only");
        using var _ = visitor;
        var link = account.Links[0];

        (await DoAsync("duplicate")).ShouldContain("Link duplicated.");
        account.Links.Count.ShouldBe(2);
        account.Links.RemoveAt(1);
        (await DoAsync("archive")).ShouldContain("1 link archived.");
        link.Archived.ShouldBeTrue();
        (await DoAsync("unarchive")).ShouldContain("1 link restored.");
        link.Archived.ShouldBeFalse();
        (await DoAsync("remove")).ShouldContain("1 link deleted.");
        link.DeletedAt.ShouldNotBeNull();
        var deleted = await visitor.GetAsync("/app/links?status=deleted");
        deleted.Html.ShouldContain($"/app/links/{link.Id}/purge");
        deleted.Html.ShouldNotContain($"href=\"/app/links/{link.Id}\"");
        (await DoAsync("restore")).ShouldContain("1 link restored.");
        link.DeletedAt.ShouldBeNull();

        var purge = $"/app/links/{link.Id}/purge";
        (await visitor.GetAsync(purge)).Text.ShouldContain("Delete this link permanently?");
        // Somebody has restored it in the meantime.
        (await visitor.SubmitAsync(purge, purge)).Text.ShouldContain("Somebody has restored it.");
        account.Links.ShouldContain(link);
        link.DeletedAt = TimeProvider.System.GetUtcNow();
        account.Links.ShouldHaveSingleItem("a GET deletes nothing");
        (await visitor.FollowAsync(await visitor.SubmitAsync(purge, purge))).Text.ShouldContain("Link deleted permanently.");
        account.Links.ShouldBeEmpty();

        async Task<string> DoAsync(string action)
        {
            var form = (await visitor.GetAsync("/app/links?status=all")).Html;
            form = form.Contains("id=\"many\"", StringComparison.Ordinal) ? form : (await visitor.GetAsync("/app/links?status=deleted")).Html;
            return (await visitor.FollowAsync(await visitor.PostAsync($"/app/links/{link.Id}/{action}", Visitor.HiddenFields(form, "/app/links/many")))).Html;
        }
    }

    [Fact]
    public async Task Everything_but_the_links_can_be_down()
    {
        var (account, visitor) = await WithLinksAsync("kept");
        using var _ = visitor;
        using var tags = stand.Api.Fail("GET", "/tags", 503, "unavailable", whose: account);
        using var days = stand.Api.Fail("GET", "/analytics/daily-clicks", 503, "unavailable", whose: account);
        using var members = stand.Api.Fail("GET", "/workspaces", 503, "unavailable", whose: account);

        var page = await visitor.GetAsync("/app/links");

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldContain("kept");
        page.Html.ShouldNotContain("class=\"sparkline");
    }

    [Fact]
    public async Task The_columns_and_the_density_are_kept_in_the_browser()
    {
        var (_, visitor) = await WithLinksAsync("seen");
        using var __ = visitor;

        var page = await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", "/app/links/view", ("Density", "compact"), ("Columns", "tags"), ("Columns", "created")));

        page.Html.ShouldMatch("class=\"link-list is-compact hides-destination hides-trend hides-creator\"");
        (await visitor.GetAsync("/app/links")).Html.ShouldContain("link-list is-compact");
    }

    [Theory]
    [InlineData("Undo", "not-kept")]
    [InlineData("Undo", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Ids", "not-an-id")]
    [InlineData("Do", "drop table links")]
    public async Task Forged_fields_change_nothing(string field, string value)
    {
        var (account, visitor) = await WithLinksAsync("safe");
        using var _ = visitor;

        var answer = await visitor.SubmitAsync("/app/links", "/app/links/many", ("Do", field == "Do" ? value : "delete"), (field, value), ("Back", "https://evil.example/"));

        answer.Location.ShouldNotBeNull().ShouldStartWith("/app/links");
        account.LiveLinks.ShouldHaveSingleItem();
    }

    private async Task<(FakeApi.Account Account, Visitor Visitor)> WithLinksAsync(params string[] codes)
    {
        var account = stand.NewAccount();
        foreach (var code in codes)
        {
            stand.Api.AddLink(account, $"{code}-{Guid.NewGuid():N}"[..12], $"https://example.com/{code}", clicks: 3);
        }

        return (account, await stand.VisitSignedInAsync(account));
    }

    [GeneratedRegex("<tr role=\"row\" class=\"link-row\"")]
    private static partial Regex Rows();
}
