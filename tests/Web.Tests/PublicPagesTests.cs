using System.Net;
using LinkShort.Localization;
using LinkShort.Web.Home;
using LinkShort.Web.Legal;
using LinkShort.Web.Tests.Stand;
using Microsoft.Extensions.Options;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The shorten box, the legal texts and the status page.</summary>
[Collection(nameof(Looks))]
public sealed class PublicPagesTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData("  https://example.com/a?b=c#d ", "https://example.com/a?b=c#d")]
    [InlineData("example.com/page", "https://example.com/page")]
    [InlineData("example.com:8080/page", "https://example.com:8080/page")]
    [InlineData("HTTP://EXAMPLE.com", "HTTP://EXAMPLE.com")]
    [InlineData("https://[2001:db8::1]/", "https://[2001:db8::1]/")]
    [InlineData("مثال.إختبار/صفحة", "https://مثال.إختبار/صفحة")]
    public void A_pasted_url_is_trimmed_and_gets_its_scheme(string pasted, string expected)
    {
        PastedUrl.TryRead(pasted, out var url, out var fault).ShouldBeTrue(fault);
        url.ShouldBe(expected);
    }

    [Theory]
    [InlineData("", "home.urlMissing")]
    [InlineData("   ", "home.urlMissing")]
    [InlineData("hello", "home.urlIncomplete")]
    [InlineData("hello world.com", "home.urlIncomplete")]
    [InlineData("https://", "home.urlIncomplete")]
    [InlineData("https://example", "home.urlIncomplete")]
    [InlineData("ftp://example.com/a", "home.urlScheme")]
    [InlineData("javascript:alert(1)", "home.urlScheme")]
    [InlineData("mailto:ann@example.com", "home.urlScheme")]
    public void What_is_no_url_is_told_with_its_reason(string pasted, string expected)
    {
        PastedUrl.TryRead(pasted, out _, out var fault).ShouldBeFalse();
        fault.ShouldBe(expected);
    }

    [Fact]
    public async Task Without_script_a_bad_url_comes_back_with_its_reason_and_a_good_one_goes_on_to_signing_up()
    {
        using var visitor = stand.Visit();

        var refused = await visitor.GetAsync("/?url=ftp%3A%2F%2Fexample.com%2F%3Cb%3E");
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("Only http and https URLs can be shortened.");
        refused.Html.ShouldContain("value=\"ftp://example.com/&lt;b&gt;\"");
        (await visitor.GetAsync("/?url=example.com%2Fpage")).Location.ShouldBe("/app/signup?url=https%3A%2F%2Fexample.com%2Fpage");

        using var user = await stand.VisitSignedInAsync(stand.NewAccount());
        var posted = await user.SubmitAsync("/", "/", ("url", "not a url"));
        posted.Status.ShouldBe(HttpStatusCode.BadRequest);
        posted.Text.ShouldContain("This isn’t a complete URL.");
        (await user.SubmitAsync("/", "/", ("url", " example.org/pasted "))).Location.ShouldStartWith("/?created=");
    }

    [Fact]
    public async Task With_script_a_bad_url_is_told_before_anything_is_sent()
    {
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.Page.GotoAsync("/");
        var input = tab.Page.GetByLabel("Long URL");
        var fault = tab.Page.Locator("#shorten-fault");

        await input.FillAsync("ftp://example.com");
        await Assertions.Expect(fault).ToHaveTextAsync("Only http and https URLs can be shortened.");
        await Assertions.Expect(input).ToHaveAttributeAsync("aria-invalid", "true");
        await tab.LookAsync("home-fault", whole: false);
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Shorten" }).ClickAsync();
        await Assertions.Expect(input).ToBeFocusedAsync();
        new Uri(tab.Page.Url).PathAndQuery.ShouldBe("/");

        await input.FillAsync("example.com/page");
        await Assertions.Expect(fault).ToBeHiddenAsync();
        await Assertions.Expect(input).Not.ToHaveAttributeAsync("aria-invalid", "true");
        await input.PressAsync("Enter");
        await tab.Page.WaitForURLAsync("**/app/signup?url=https%3A%2F%2Fexample.com%2Fpage");
        tab.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Legal_texts_are_in_every_language_and_signing_up_links_them()
    {
        foreach (var language in Language.All)
        {
            using var visitor = stand.Visit();
            visitor.SetCookie("lang", language.Code);
            foreach (var path in new[] { "/legal/terms", "/legal/privacy" })
            {
                var page = await visitor.GetAsync(path);
                page.Status.ShouldBe(HttpStatusCode.OK, path);
                page.Html.ShouldContain($"<article class=\"wrap legal\" lang=\"{language.Code}\" dir=\"{language.Direction}\">");
                page.Html.ShouldNotContain("{operator}");
                page.Html.ShouldNotContain("{contact}");
                page.Html.ShouldNotContain(" style=");
                System.Text.RegularExpressions.Regex.Count(page.Html, "<h1").ShouldBe(1, path);
            }
        }

        using var english = stand.Visit();
        var signUp = (await english.GetAsync("/app/signup")).Html;
        signUp.ShouldContain("href=\"/legal/terms\" target=\"_blank\"");
        signUp.ShouldContain("href=\"/legal/privacy\" target=\"_blank\"");
    }

    [Fact]
    public async Task An_installation_s_own_text_is_shown_at_once_and_raw_html_is_text()
    {
        var folder = Directory.CreateTempSubdirectory("linkshort-legal-");
        var terms = Path.Combine(folder.FullName, "terms.md");
        await File.WriteAllTextAsync(terms, "# Our rules\n\n<script>alert(1)</script>\n\n[bad](javascript:alert(1)) [good](/legal/privacy)\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n# Second\n");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "terms.de.md"), "Unsere Regeln ohne Überschrift");
        var legal = new LegalTexts(
            Options.Create(new LegalOptions { Terms = terms, Contact = "mailto:a&b@example.com", Operator = "<b>Northwind</b>" }),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<LegalTexts>.Instance);
        var catalog = TextCatalog.Of(typeof(LegalTexts).Assembly);

        var english = legal.Read(LegalDocument.Terms, catalog.In(Language.English));
        english.Title.ShouldBe("Our rules");
        english.Language.ShouldBeNull();
        english.Html.ShouldContain("&lt;script&gt;");
        english.Html.ShouldNotContain("javascript:");
        english.Html.ShouldNotContain("style=");
        english.Html.ShouldContain("<a href=\"/legal/privacy\">good</a>");
        english.Html.ShouldContain("<h2>Second</h2>");
        legal.Read(LegalDocument.Terms, catalog.In(Language.German)).ShouldBe(new LegalText(null, "<p>Unsere Regeln ohne Überschrift</p>\n", Language.German));

        await File.WriteAllTextAsync(terms, "# New rules");
        File.SetLastWriteTimeUtc(terms, File.GetLastWriteTimeUtc(terms).AddSeconds(5));
        legal.Read(LegalDocument.Terms, catalog.In(Language.English)).Title.ShouldBe("New rules");
        folder.Delete(recursive: true);
        legal.Read(LegalDocument.Terms, catalog.In(Language.English)).Title.ShouldBeOneOf("New rules");

        var byDefault = legal.Read(LegalDocument.Privacy, catalog.In(Language.French)).Html;
        byDefault.ShouldContain("&lt;b&gt;Northwind&lt;/b&gt;");
        byDefault.ShouldContain("href=\"mailto:a&amp;b@example.com\"");
    }

    [Theory]
    [InlineData("Terms", "/nowhere/terms.md", "Legal__Terms", "can't be read")]
    [InlineData("Privacy", "/", "Legal__Privacy", "can't be read")]
    [InlineData("Contact", "call me", "Legal__Contact", "mailto:hello@example.com")]
    public async Task A_setting_that_cannot_work_stops_the_start(string setting, string value, string key, string fix)
    {
        await using var app = new WebApp(stand.Api, stand.Redis).WithWebHostBuilder(builder => builder.UseSetting($"Legal:{setting}", value));

        var refused = Should.Throw<Exception>(() => app.Services);

        var all = refused.ToString();
        all.ShouldContain(key);
        all.ShouldContain(fix);
    }

    [Fact]
    public async Task The_status_page_says_what_works_in_words()
    {
        using var visitor = stand.Visit();

        var page = await visitor.GetAsync("/app/status");

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldMatch("(?s)Short links</dt>.*Working.*Email delivery</dt>.*Impaired");
        page.Text.ShouldContain("Something doesn’t work as it should.");
    }

    [Theory]
    [InlineData(1280, "en")]
    [InlineData(375, "en")]
    [InlineData(375, "ar")]
    public async Task Public_pages_fit_their_window_and_are_accessible(int width, string language)
    {
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, locale: language);
        foreach (var (path, name) in new[] { ("/", "home"), ("/legal/terms", "terms"), ("/legal/privacy", "privacy"), ("/app/status", "status"), ("/app/signup", "signup") })
        {
            await tab.Page.GotoAsync(path);
            await tab.LookAsync($"public-{language}-{name}");
        }

        tab.Findings.ShouldBeEmpty();
    }
}
