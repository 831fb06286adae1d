using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The first steps of a new account.</summary>
[Collection(nameof(WebStand))]
public sealed class TourTests(WebStand stand)
{
    [Fact]
    public async Task It_shows_what_is_really_done_on_the_home_page_and_above_the_links()
    {
        var account = NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        foreach (var page in new[] { "/", "/app/links" })
        {
            var shown = await visitor.GetAsync(page);
            shown.Text.ShouldContain("Get started");
            shown.Text.ShouldContain("0 of 4 done");
            shown.Text.ShouldContain("href=\"/app/links/new\"");
        }

        var link = stand.Api.AddLink(account, $"first-{Guid.NewGuid():N}"[..12], "https://example.com/");
        var one = await visitor.GetAsync("/app/links");
        one.Text.ShouldContain("1 of 4 done");
        one.Text.ShouldContain($"<a href=\"/app/links/{link.Id}\">See the first click</a>");
        link.Clicks = 1;
        (await visitor.GetAsync("/")).Text.ShouldContain("2 of 4 done");
        stand.Api.Invite(stand.Api.CurrentOf(account), account, "colleague@example.com", "member");
        (await visitor.GetAsync("/")).Text.ShouldContain("3 of 4 done");
        account.State.Onboarding.ShouldBe("open");
    }

    [Fact]
    public async Task When_all_is_done_it_says_so_once_and_is_never_shown_again()
    {
        var account = NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        stand.Api.AddLink(account, $"done-{Guid.NewGuid():N}"[..12], "https://example.com/", clicks: 3);
        stand.Api.Join(stand.Api.CurrentOf(account), stand.NewAccount(), "member");
        FakeApi.AddAuthenticator(account, "111111");

        (await visitor.GetAsync("/app/links")).Text.ShouldContain("All done. Enjoy!");
        account.State.Onboarding.ShouldBe("completed");
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("tour-title");
        account.Links.Clear();
        (await visitor.GetAsync("/")).Text.ShouldNotContain("tour-title");
    }

    [Fact]
    public async Task Sent_away_it_stays_away_also_on_other_devices_and_costs_nothing_any_more()
    {
        var account = NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        using var phone = await stand.VisitSignedInAsync(account);

        var dismissed = await visitor.SubmitAsync("/app/links", "/app/tour/dismiss");
        dismissed.Location.ShouldBe("/app/links");
        account.State.Onboarding.ShouldBe("dismissed");
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("tour-title");
        (await phone.GetAsync("/app/links")).Text.ShouldNotContain("tour-title");
        using var later = await stand.VisitSignedInAsync(account);
        var before = stand.Api.Calls.Count;
        (await later.GetAsync("/app/links")).Text.ShouldNotContain("tour-title");
        stand.Api.Calls.Skip(before).ShouldNotContain(call => call.Path == "/api/v1/me/2fa");
    }

    [Fact]
    public async Task What_does_not_answer_counts_as_not_done_and_takes_no_page_along()
    {
        var account = NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        using (stand.Api.Fail("GET", "/me/2fa", 503, "unavailable", whose: account))
        using (stand.Api.Fail("GET", "/workspaces", 503, "unavailable", whose: account))
        {
            var page = await visitor.GetAsync("/app/links");
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Text.ShouldContain("0 of 4 done");
        }

        using (stand.Api.Fail("PATCH", "/me", 503, "unavailable", whose: account))
        {
            (await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", "/app/tour/dismiss"))).Text.ShouldContain("Nothing was changed");
        }

        (await visitor.GetAsync("/app/links")).Text.ShouldContain("Get started");
    }

    [Fact]
    public async Task Whom_operators_don_t_show_it_to_sees_none_and_still_may_later()
    {
        var account = NewAccount();
        account.State.HasTour = false;
        using var visitor = await stand.VisitSignedInAsync(account);
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("tour-title");
        account.State.HasTour = true;
        (await visitor.GetAsync("/app/links")).Text.ShouldContain("Get started");
    }

    private FakeApi.Account NewAccount()
    {
        var account = stand.NewAccount();
        account.State.Onboarding = "open";
        return account;
    }
}
