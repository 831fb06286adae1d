using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

[Collection(nameof(WebStand))]
public sealed class PrivacyPagesTests(WebStand stand)
{
    private const string Path = "/app/privacy";

    [Fact]
    public async Task Consents_are_given_and_withdrawn_one_by_one_with_their_version_and_history()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        (await visitor.GetAsync(Path)).Text.ShouldContain("You haven't been asked yet.");
        await SaveAsync("terms", "privacy", "product-mail");
        Granted(account, "product-mail").ShouldBeTrue();
        Granted(account, "terms").ShouldBeTrue();
        account.Decisions.ShouldContain(decision => decision["purpose"]!.ToString() == "analytics-of-product" || decision["version"]!.ToString() == "2026-11-22");

        // A required consent can't be withdrawn: its checkbox is disabled, but its value is still submitted.
        (await visitor.GetAsync(Path)).Html.ShouldMatch("value=\"terms\" checked disabled");
        var withdrawn = await SaveAsync();
        withdrawn.Text.ShouldContain("Saved.");
        Granted(account, "product-mail").ShouldBeFalse();
        Granted(account, "terms").ShouldBeTrue();
        withdrawn.Text.ShouldMatch("You declined on [^,]+ \\(version 2026-11-22\\)\\.");
        withdrawn.Text.ShouldMatch("(?s)History of decisions.*Emails about new features</strong>, version 2026-11-22: declined.*: agreed");

        async Task<Shown> SaveAsync(params string[] granted) =>
            await visitor.FollowAsync(await visitor.SubmitAsync(Path, Path + "/consents", [.. granted.Select(purpose => ("Granted", purpose))]));
    }

    [Fact]
    public async Task Texts_are_in_their_own_language_and_direction()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        account.Locale = "ar";
        (await visitor.GetAsync(Path)).Text.ShouldContain("lang=\"ar\" dir=\"rtl\">أوافق على ذلك.");
    }

    [Fact]
    public async Task A_text_that_has_changed_is_shown_again_and_no_consent_is_stored()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        var fields = Visitor.HiddenFields((await visitor.GetAsync(Path)).Html, Path + "/consents")
            .Select(field => field.Name == "Shown" ? (field.Name, field.Value.Replace("2026-11-22", "2026-01-01", StringComparison.Ordinal)) : field);
        var refused = await visitor.PostAsync(Path + "/consents", [.. fields, ("Granted", "product-mail")]);
        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Text.ShouldContain("A text has changed since you opened this page.");
        account.Decisions.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_export_is_requested_watched_and_downloaded()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        (await visitor.SubmitAsync(Path, Path + "/export")).Location.ShouldBe(Path + "#export");
        var collecting = await visitor.GetAsync(Path);
        collecting.Html.ShouldContain("hx-trigger=\"every 4s\"");
        collecting.Html.ShouldContain("href=\"/app/privacy/export\"", Case.Sensitive, "without script");
        (await visitor.GetAsync(Path + "/export")).Html.ShouldContain("hx-trigger=\"every 4s\"");
        // Requesting it twice is not an error.
        var token = Visitor.HiddenFields(collecting.Html, "/app/signout").ToList();
        (await visitor.PostAsync(Path + "/export", token)).Status.ShouldBe(HttpStatusCode.SeeOther);

        account.Export = (account.Export!.Value.Id, "ready");
        var ready = await visitor.GetAsync(Path + "/export");
        ready.Html.ShouldNotContain("hx-trigger=\"every");
        ready.Text.ShouldContain("Download (47 KB)");
        var file = await visitor.GetAsync($"{Path}/export/{account.Export.Value.Id}");
        file.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        file.Response.Content.Headers.ContentDisposition!.FileName.ShouldBe("linkshort-2026-11-22.zip");
        file.CacheControl.ShouldContain("no-store");
        file.Html.ShouldBe("PK-not-really");

        account.Export = (account.Export.Value.Id, "failed");
        (await visitor.GetAsync(Path)).Text.ShouldContain("Please start it again.");
        (await visitor.GetAsync($"{Path}/export/{Guid.NewGuid()}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Deleting_the_account_is_confirmed_undone_and_has_a_receipt_for_anyone_with_its_URL()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        var page = await visitor.GetAsync(Path + "/delete");
        page.Text.ShouldContain("everything stays as it was");
        (await DeleteAsync("somebody@example.com")).Text.ShouldContain($"Type your email address, {account.Email}.");
        account.Deletion.ShouldBeNull();
        account.State.IsRecent = false;
        var asked = await DeleteAsync(account.Email.ToUpperInvariant());
        asked.Location.ShouldNotBeNull().ShouldStartWith("/app/confirm?step=");
        account.Deletion.ShouldBeNull();

        var resume = await visitor.FollowAsync(await visitor.SubmitAsync(asked.Location, "/app/confirm", ("password", account.Password)));
        var scheduled = await visitor.FollowAsync(await visitor.PostAsync(Path + "/delete", Visitor.HiddenFields(resume.Html, Path + "/delete")));
        scheduled.Text.ShouldContain("Your account will be deleted on");
        var receipt = Regex.Match(scheduled.Html, "/app/privacy/receipt/[A-Za-z0-9_-]{43}").Value;
        receipt.ShouldNotBeEmpty();
        (await visitor.GetAsync(Path)).Html.ShouldNotContain(receipt, Case.Sensitive, "the receipt's URL is shown once");
        using var anybody = stand.Visit();
        var shown = await anybody.GetAsync(receipt);
        shown.Text.ShouldContain("Deletion receipt");
        shown.Text.ShouldMatch("(?s)<th scope=\"row\">links</th><td>links</td><td>12</td>");
        shown.CacheControl.ShouldContain("no-store");
        (await anybody.GetAsync("/app/privacy/receipt/unknown")).Status.ShouldBe(HttpStatusCode.NotFound);

        (await visitor.FollowAsync(await visitor.SubmitAsync(Path, Path + "/keep"))).Text.ShouldContain("Account restored.");
        account.Deletion.ShouldBeNull();

        Task<Shown> DeleteAsync(string typed) => visitor.SubmitAsync(Path + "/delete", Path + "/delete", ("confirmation", typed));
    }

    [Fact]
    public async Task The_only_owner_of_a_shared_workspace_sees_which_one_prevents_the_deletion()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        using (stand.Api.Fail("DELETE", "/me", 409, "last-owner", "\"detail\":\"Others work in Marketing. Make one of them an owner or delete the workspace, then delete the account.\",\"workspaces\":[\"Marketing\"]"))
        {
            var refused = await visitor.SubmitAsync(Path + "/delete", Path + "/delete", ("confirmation", account.Email));
            refused.Status.ShouldBe(HttpStatusCode.Conflict);
            refused.Text.ShouldContain("Others work in Marketing.");
            refused.Text.ShouldContain($"value=\"{account.Email}\"");
        }
    }

    [Fact]
    public async Task With_identity_down_the_page_reports_it_and_choices_are_not_partially_saved()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        using (stand.Api.Fail("PUT", "/me/consents", 503, "unavailable"))
        {
            var down = await visitor.SubmitAsync(Path, Path + "/consents", ("Granted", "product-mail"));
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Text.ShouldContain("check whether it was saved");
        }

        using (stand.Api.Fail("GET", "/me/consents", 503, "unavailable"))
        {
            var down = await visitor.GetAsync(Path);
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Html.ShouldContain("href=\"/app/privacy\"");
        }

        account.Decisions.ShouldBeEmpty();
    }

    private static bool Granted(FakeApi.Account account, string purpose) =>
        account.Decisions.First(decision => decision["purpose"]!.ToString() == purpose)["granted"]!.GetValue<bool>();

    private async Task<(FakeApi.Account Account, Visitor Visitor)> SignedInAsync()
    {
        var account = stand.NewAccount();
        return (account, await stand.VisitSignedInAsync(account));
    }
}
