using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Changing, rotating and restricting existing API keys.</summary>
[Collection(nameof(WebStand))]
public sealed class KeyPagesTests(WebStand stand)
{
    private const string Path = "/app/settings/keys";

    [Fact]
    public async Task A_key_is_restricted_to_networks_and_an_invalid_one_is_reported_at_the_field()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        await visitor.SubmitAsync(Path + "/new", Path, ("name", "CI"), ("Scopes", "links:read"), ("Days", "30"), ("Networks", "203.0.113.0/24\r\n 2001:db8::/32 ,198.51.100.7/32\n"));
        var key = account.Keys.ShouldHaveSingleItem();
        key["allowedNetworks"]!.AsArray().Select(network => network!.GetValue<string>()).ShouldBe(["203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32"]);
        (await visitor.GetAsync(Path)).Text.ShouldContain("only from <bdi dir=\"ltr\">203.0.113.0/24, 2001:db8::/32, 198.51.100.7/32</bdi>");

        var change = $"{Path}/{Id(key)}";
        var wrong = await visitor.SubmitAsync(change, change, ("name", "CI"), ("Scopes", "links:read"), ("Days", "-1"), ("Networks", "10.0.0.0/8\nnonsense"));
        wrong.Status.ShouldBe(HttpStatusCode.BadRequest);
        wrong.Text.ShouldMatch("(?s)id=\"field-networks-error\".*“nonsense”: A network in CIDR form");
        wrong.Text.ShouldContain("10.0.0.0/8\nnonsense");
        (await visitor.FollowAsync(await visitor.SubmitAsync(change, change, ("name", "CI 2"), ("Scopes", "links:write"), ("Days", "-1"), ("Networks", "")))).Text.ShouldContain("Saved.");
        key["allowedNetworks"].ShouldBeNull();
        (key["name"]!.GetValue<string>(), key["scopes"]!.ToJsonString()).ShouldBe(("CI 2", "[\"links:write\"]"));
        key["expiresAt"].ShouldNotBeNull("it is unchanged");
        await visitor.SubmitAsync(change, change, ("name", "CI 2"), ("Scopes", "links:write"), ("Days", "0"));
        key["expiresAt"].ShouldBeNull();
    }

    [Fact]
    public async Task A_lost_race_keeps_the_input_and_the_second_try_works()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        var key = AddKey(account);
        var change = $"{Path}/{Id(key)}";
        var form = Visitor.HiddenFields((await visitor.GetAsync(change)).Html, change).ToList();
        key["version"] = 9;
        var lost = await visitor.PostAsync(change, [.. form, ("name", "Mine"), ("Scopes", "links:read"), ("Days", "-1")]);
        lost.Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        lost.Text.ShouldContain("value=\"Mine\"");
        var again = await visitor.PostAsync(change, [.. Visitor.HiddenFields(lost.Html, change), ("name", "Mine"), ("Scopes", "links:read"), ("Days", "-1")]);
        again.Status.ShouldBe(HttpStatusCode.SeeOther);
        key["name"]!.GetValue<string>().ShouldBe("Mine");
    }

    [Fact]
    public async Task Rotating_shows_the_new_key_once_and_until_when_the_old_one_works()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        var old = AddKey(account);
        var rotate = $"{Path}/{Id(old)}/rotate";
        var shown = await visitor.FollowAsync(await visitor.SubmitAsync(rotate, rotate, ("OverlapSeconds", "3600")));
        var secret = Regex.Match(shown.Html, "ls_live_[0-9a-f]{32}").Value;
        secret.ShouldNotBeEmpty();
        shown.Text.ShouldContain("The old key works until");
        shown.Text.ShouldContain("replaced");
        shown.CacheControl.ShouldContain("no-store");
        account.Keys.Count.ShouldBe(2);
        var again = await visitor.GetAsync(Path);
        again.Html.ShouldNotContain(secret);
        again.Html.ShouldNotContain($"{Path}/{Id(old)}/rotate", Case.Sensitive, "one key has one successor");
    }

    [Fact]
    public async Task With_identity_down_no_input_is_lost()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        var key = AddKey(account);
        using (stand.Api.Fail("POST", "/api-keys", 503, "unavailable"))
        {
            var down = await visitor.SubmitAsync(Path + "/new", Path, ("name", "Kept"), ("Scopes", "links:read"), ("Days", "30"), ("Networks", "10.0.0.0/8"));
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Text.ShouldContain("value=\"Kept\"");
            down.Text.ShouldContain(">10.0.0.0/8</textarea>");
        }

        using (stand.Api.Fail("DELETE", "/api-keys", 503, "unavailable"))
        {
            var revoke = $"{Path}/{Id(key)}/revoke";
            (await visitor.FollowAsync(await visitor.SubmitAsync(revoke, revoke))).Text.ShouldContain("isn't responding right now");
        }

        account.Keys.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Only_scopes_of_the_own_role_are_offered_and_keys_of_others_can_only_be_revoked()
    {
        var (account, visitor) = await SignedInAsync();
        using var _ = visitor;
        var other = stand.NewAccount("Max Member");
        var team = stand.Api.AddTeam("Team", (other, "owner"), (account, "member"));
        AddKey(account);
        var theirs = AddKey(account, other, "Their key");
        stand.Api.RevokeAccess(account);

        var offered = await visitor.GetAsync(Path + "/new");
        offered.Html.ShouldContain("value=\"links:write\"");
        offered.Html.ShouldNotContain("value=\"audit:read\"");
        var page = await visitor.GetAsync(Path);
        page.Text.ShouldContain("by Max Member");
        page.Html.ShouldContain($"{Path}/{Id(theirs)}/revoke");
        page.Html.ShouldNotContain($"{Path}/{Id(theirs)}/rotate");
        stand.Api.ChangeRole(team, account, "admin");
        (await visitor.GetAsync(Path + "/new")).Html.ShouldContain("value=\"audit:read\"");
    }

    private static Guid Id(JsonObject key) => key["id"]!.GetValue<Guid>();

    private static JsonObject AddKey(FakeApi.Account account, FakeApi.Account? maker = null, string name = "Script")
    {
        var key = new JsonObject
        {
            ["id"] = Guid.CreateVersion7(),
            ["userId"] = (maker ?? account).Id,
            ["name"] = name,
            ["scopes"] = new JsonArray("links:read"),
            ["createdAt"] = TimeProvider.System.GetUtcNow(),
            ["expiresAt"] = TimeProvider.System.GetUtcNow().AddDays(20),
            ["prefix"] = "ls_live_9f2c",
            ["version"] = 1,
        };
        account.Keys.Add(key);
        return key;
    }

    private async Task<(FakeApi.Account Account, Visitor Visitor)> SignedInAsync()
    {
        var account = stand.NewAccount();
        return (account, await stand.VisitSignedInAsync(account));
    }
}
