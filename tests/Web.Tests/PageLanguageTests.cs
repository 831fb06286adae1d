using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Pages in the reader's language: the account's, the cookie's or the browser's.</summary>
[Collection(nameof(WebStand))]
public sealed partial class PageLanguageTests(WebStand stand)
{
    [Fact]
    public async Task The_home_page_is_in_the_browsers_language_until_another_one_is_chosen()
    {
        using var visitor = stand.Visit();
        (await HomeAsync(visitor, "fr-CA, en;q=0.5")).ShouldMatch("(?s)<html lang=\"fr\" dir=\"ltr\".*Des liens courts\\.");
        (await HomeAsync(visitor, "ar")).ShouldMatch("(?s)<html lang=\"ar\" dir=\"rtl\".*روابط قصيرة\\.");
        (await HomeAsync(visitor, "pt")).ShouldContain("Honest numbers.");

        var chosen = await visitor.GetAsync("/app/language?to=de&returnUrl=/");
        chosen.Location.ShouldBe("/");
        (await HomeAsync(visitor, "fr")).ShouldMatch("(?s)<html lang=\"de\".*Kurze Links\\..*Ehrliche Zahlen\\.");
    }

    [Theory]
    [InlineData("en", "0 clicks", "1 click", "2 clicks", "3 clicks", "11 clicks", "100 clicks")]
    [InlineData("ar", "لا نقرات", "نقرة واحدة", "نقرتان", "3 نقرات", "11 نقرة", "100 نقرة")]
    public async Task Clicks_are_counted_in_the_languages_own_plural_forms(string language, params string[] expected)
    {
        var (account, visitor) = await SignedInAsync(language);
        using var _ = visitor;
        foreach (var clicks in new[] { 100, 11, 3, 2, 1, 0 })
        {
            stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/", clicks: clicks);
        }

        // The newest comes first.
        Clicks().Matches((await visitor.GetAsync("/app/links")).Text).Select(match => match.Groups[1].Value).ShouldBe(expected);
    }

    [Theory]
    [InlineData("de", "30 Tage", "Deutschland", "Berlin, Deutschland")]
    [InlineData("es", "30 días", "Alemania", "Berlin, Alemania")]
    [InlineData("ar", "30 يومًا", "ألمانيا", "Berlin، ألمانيا")]
    public async Task Periods_countries_and_cities_are_in_the_readers_language(string language, params string[] expected)
    {
        var (account, visitor) = await SignedInAsync(language);
        using var _ = visitor;
        var link = stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/popular", clicks: 4_321);

        var page = (await visitor.GetAsync($"/app/links/{link.Id}")).Text;

        foreach (var text in expected)
        {
            page.ShouldContain($">{text}<");
        }
    }

    [Theory]
    [InlineData("en", "<b dir=\"auto\">Mira Okafor</b> created a link", "Member")]
    [InlineData("de", "<b dir=\"auto\">Mira Okafor</b> hat einen Link erstellt", "Mitglied")]
    [InlineData("ar", "أنشأ <b dir=\"auto\">Mira Okafor</b> رابطًا", "عضو")]
    public async Task The_audit_log_has_whole_sentences_with_the_languages_own_order_of_words(string language, string sentence, string role)
    {
        var (account, visitor) = await SignedInAsync(language);
        using var _ = visitor;
        stand.Api.Audit(account, "link.created", "link");
        stand.Api.Audit(account, "member.roleChanged", "member", new JsonObject { ["role"] = "member" }, new JsonObject { ["role"] = "viewer" });

        var page = (await visitor.GetAsync("/app/audit-log")).Text;

        page.ShouldContain($"<p class=\"audit-head\">{sentence}</p>");
        page.ShouldContain($"{role}</del>");
    }

    private static async Task<string> HomeAsync(Visitor visitor, string languages)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("Accept-Language", languages);
        using var response = await visitor.SendAsync(request);
        return System.Net.WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());
    }

    private async Task<(FakeApi.Account Account, Visitor Visitor)> SignedInAsync(string language)
    {
        var account = stand.NewAccount();
        account.Locale = language;
        return (account, await stand.VisitSignedInAsync(account));
    }

    [GeneratedRegex("class=\"link-clicks\".*?<span class=\"visually-hidden\">([^<]*)</span>", RegexOptions.Singleline)]
    private static partial Regex Clicks();
}
