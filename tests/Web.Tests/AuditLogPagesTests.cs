using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

[Collection(nameof(WebStand))]
public sealed class AuditLogPagesTests(WebStand stand)
{
    private const string Path = "/app/audit-log";

    [Fact]
    public async Task Entries_are_shown_as_sentences_with_values_before_and_after()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        stand.Api.Audit(account, "member.roleChanged", "member", new JsonObject { ["role"] = "member" }, new JsonObject { ["role"] = "viewer" });
        stand.Api.Audit(account, "link.created", "link", null, new JsonObject { ["url"] = "https://example.com/<b>", ["tags"] = new JsonArray("a", "b"), ["forwardQuery"] = true });
        stand.Api.Audit(account, "audit.retentionApplied", "workspace", kind: "system");

        var page = await visitor.GetAsync(Path);
        page.Text.ShouldMatch("(?s)LinkShort</b>: <code[^>]*>audit\\.retentionApplied</code>.*Mira Okafor</b> created a link.*Mira Okafor</b> changed a member's role");
        page.Text.ShouldMatch("(?s)<dt>Role</dt>.*before: </span>Member</del>.*now: </span>Viewer</ins>");
        page.Html.ShouldContain("https://example.com/&lt;b&gt;");
        page.Text.ShouldContain("a, b");
        page.Text.ShouldMatch("(?s)<dt>Forward query</dt>.*yes</ins>");
        page.Text.ShouldContain("203.0.113.0/24");
    }

    [Fact]
    public async Task Each_entry_is_one_line_with_names_that_link_to_what_they_are_about()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        stand.Api.Audit(account, "invitation.created", "invitation", null, new JsonObject { ["email"] = "b…@example.com", ["role"] = "admin" });
        stand.Api.Audit(account, "member.roleChanged", "member", new JsonObject { ["role"] = "member" }, new JsonObject { ["role"] = "viewer" }, target: "Bob Baker");
        stand.Api.Audit(account, "link.changed", "link",
            new JsonObject { ["shortUrl"] = "https://lnk.example/spring", ["title"] = null, ["url"] = "https://example.com/", ["notes"] = null },
            new JsonObject { ["shortUrl"] = "https://lnk.example/spring", ["title"] = "Spring", ["url"] = "https://example.com/", ["notes"] = null });
        stand.Api.Audit(account, "apiKey.revoked", "apiKey", new JsonObject { ["name"] = "Deploy", ["prefix"] = "ls_ab", ["userId"] = account.Id.ToString() });

        var page = await visitor.GetAsync(Path);

        page.Text.ShouldMatch("Mira Okafor</b> invited <a href=\"/app/team\" dir=\"auto\">b…@example.com</a>\\s* as an admin</p>");
        page.Text.ShouldMatch("Mira Okafor</b> made <a href=\"/app/team\" dir=\"auto\">Bob Baker</a>\\s* a viewer</p>");
        page.Text.ShouldMatch("Mira Okafor</b> changed <a href=\"/app/links/[0-9a-f-]+\" dir=\"auto\">lnk.example/spring</a>\\s*</p>");
        page.Text.ShouldMatch("Mira Okafor</b> revoked the API key <a href=\"/app/settings/keys\" dir=\"auto\">Deploy</a>\\s*</p>");
        // What is empty or the same is not a change, and users have names.
        page.Text.ShouldContain("<dt>Title</dt>");
        page.Text.ShouldNotContain("<dt>Notes</dt>");
        page.Text.ShouldNotContain("<dt>Destination</dt>");
        page.Text.ShouldMatch("(?s)<dt>User</dt>.*?Mira Okafor</del>");
    }

    [Theory]
    [InlineData("utmTemplate.*", "UTM templates")]
    [InlineData("qrLogo.*", "QR logo")]
    public async Task It_is_filtered_by_the_kind_of_thing(string action, string name)
    {
        var (_, visitor) = await SignedInAsync();
        using var __ = visitor;
        (await visitor.GetAsync($"{Path}?action={action}")).Html.ShouldMatch($"<option value=\"{System.Text.RegularExpressions.Regex.Escape(action)}\" selected[^>]*>{name}</option>");
    }

    [Fact]
    public async Task It_is_filtered_by_the_name_of_a_member()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        stand.Api.Audit(account, "link.created", "link");

        var page = await visitor.GetAsync($"{Path}?actor={Uri.EscapeDataString($"{account.Name} ({account.Email})")}");

        page.Text.ShouldContain("created a link");
        page.Text.ShouldContain($"value=\"{account.Name} ({account.Email})\"");
        page.Html.ShouldContain($"name=\"Actor\" value=\"{account.Id}\"", Case.Sensitive, "the export has the same filter");
        (await visitor.GetAsync($"{Path}?actor=All+API+keys")).Text.ShouldContain("No matching entries");
        var nobody = await visitor.GetAsync($"{Path}?actor=Nobody");
        nobody.Status.ShouldBe(HttpStatusCode.BadRequest);
        nobody.Text.ShouldContain("No member has this name.");
    }

    [Fact]
    public async Task It_is_filtered_by_actor_action_and_days_in_the_viewers_time_zone()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        visitor.SetCookie("tz", "America/New_York");
        stand.Api.Audit(account, "link.created", "link");
        stand.Api.Audit(account, "member.joined", "member");
        var before = stand.Api.Calls.Count;
        var page = await visitor.GetAsync($"{Path}?actor={account.Id}&action=link.*&from=2026-11-01&to=2026-11-30");
        var query = stand.Api.Calls.Skip(before).Single(call => call.Path == "/api/v1/audit-log").Query;
        query.ShouldContain("from=2026-11-01T04%3A00%3A00Z");
        query.ShouldContain("to=2026-12-01T05%3A00%3A00Z", Case.Sensitive, "the last day is included, and the clock was set back in between");
        page.Text.ShouldContain("created a link");
        page.Text.ShouldNotContain("</b> joined");
        page.Html.ShouldContain("value=\"link.*\" selected");
        page.Html.ShouldContain("value=\"2026-11-01\"");

        (await visitor.GetAsync($"{Path}?action=apiKey.*")).Text.ShouldContain("No matching entries");
        var wrong = await visitor.GetAsync($"{Path}?action=no+such");
        wrong.Status.ShouldBe(HttpStatusCode.BadRequest);
        wrong.Text.ShouldContain("This filter is invalid.");
    }

    [Fact]
    public async Task Older_entries_are_appended_with_the_same_filter()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        for (var i = 0; i < 60; i++)
        {
            stand.Api.Audit(account, "link.created", "link", null, new JsonObject { ["code"] = $"number-{i}-end" });
        }

        var first = await visitor.GetAsync($"{Path}?action=link.*");
        first.Text.ShouldContain("number-59-end");
        first.Text.ShouldNotContain("number-9-end");
        var more = WebUtility.HtmlDecode(Regex.Match(first.Html, "<a class=\"btn\" href=\"([^\"]+)\"[^>]*>Show older entries").Groups[1].Value);
        more.ShouldMatch("action=link\\.(\\*|%2A)&cursor=");
        var second = await visitor.GetAsync(more);
        second.Text.ShouldContain("number-9-end");
        second.Text.ShouldNotContain("number-10-end");
        second.Text.ShouldNotContain("Show older entries");
    }

    [Fact]
    public async Task Verifying_reports_whether_the_log_is_intact()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        stand.Api.Audit(account, "link.created", "link");
        stand.Api.Audit(account, "link.deleted", "link");
        var good = await visitor.GetAsync(Path + "/verify");
        good.Text.ShouldContain("The log is intact");
        good.Text.ShouldContain("2 entries checked");

        account.AuditBreak = (2, "It was changed: its hash doesn't match.");
        var bad = await visitor.GetAsync(Path + "/verify");
        bad.Text.ShouldContain("The log was tampered with");
        bad.Text.ShouldContain("Entry 2 is not as it was written.");
        using (stand.Api.Fail("GET", "/audit-log/verify", 503, "unavailable"))
        {
            var down = await visitor.GetAsync(Path + "/verify");
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Html.ShouldContain("href=\"/app/audit-log/verify\"");
        }
    }

    [Theory]
    [InlineData("csv", "text/csv")]
    [InlineData("json", "application/json")]
    public async Task The_export_is_a_file_with_the_filtered_entries(string format, string type)
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        stand.Api.Audit(account, "link.created", "link");
        stand.Api.Audit(account, "member.joined", "member");
        var file = await visitor.SubmitAsync($"{Path}?action=link.*", Path + "/export", ("Format", format));
        file.Status.ShouldBe(HttpStatusCode.OK);
        file.Response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        file.Response.Content.Headers.ContentDisposition!.FileName.ShouldBe($"audit-log-20261122-070000.{format}");
        file.CacheControl.ShouldContain("no-store");
        file.Html.ShouldContain("link.created");
        file.Html.ShouldNotContain("member.joined");
        using (stand.Api.Fail("GET", "/audit-log/export", 503, "unavailable"))
        {
            (await visitor.SubmitAsync(Path, Path + "/export", ("Format", format))).Text.ShouldContain("Back in a moment");
        }
    }

    private async Task<(FakeApi.Account Account, Visitor Visitor)> SignedInAsync()
    {
        var account = stand.NewAccount();
        return (account, await stand.VisitSignedInAsync(account));
    }
}
