using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The first steps of a new account.</summary>
[Collection(nameof(WebStand))]
public sealed class TourTests(WebStand stand)
{
    [Fact]
    public async Task It_shows_the_actual_progress_on_the_home_page_and_above_the_links()
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
    public async Task A_completed_tour_is_shown_once_more_and_never_again()
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
    public async Task A_dismissed_tour_stays_dismissed_on_other_devices_and_costs_no_calls()
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
    public async Task Steps_that_can_not_be_checked_count_as_open_and_break_no_page()
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
            (await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", "/app/tour/dismiss"))).Text.ShouldContain("check whether it was saved");
        }

        (await visitor.GetAsync("/app/links")).Text.ShouldContain("Get started");
    }

    [Fact]
    public async Task Users_without_the_flag_see_no_tour_and_can_still_see_it_later()
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
