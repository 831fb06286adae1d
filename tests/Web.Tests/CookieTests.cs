using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The web app's cookies.</summary>
[Collection(nameof(Journeys))]
public sealed class CookieTests(WebStand stand, Browser browser)
{
    /// <summary>Set by the page's script; contains no secrets.</summary>
    private static readonly string[] OfScript = ["theme", "tz"];

    [Fact]
    public async Task Over_https_every_cookie_is_bound_to_the_host_in_a_real_browser()
    {
        await using var proxy = await TlsProxy.StartAsync(stand.Web.Address);
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(proxy.Address);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.Locator("[data-theme-toggle]").First.ClickAsync();

        var cookies = await tab.Page.Context.CookiesAsync();
        new[] { "__Host-linkshort", "__Host-linkshort-form", "__Host-theme", "__Host-tz" }.ShouldBeSubsetOf(cookies.Select(cookie => cookie.Name));
        foreach (var cookie in cookies)
        {
            cookie.Name.ShouldStartWith("__Host-");
            cookie.Secure.ShouldBeTrue(cookie.Name);
            cookie.Path.ShouldBe("/", cookie.Name);
            cookie.Domain.ShouldBe("localhost", cookie.Name);
            cookie.SameSite.ShouldBe(SameSiteAttribute.Lax, cookie.Name);
            cookie.HttpOnly.ShouldBe(!OfScript.Contains(cookie.Name["__Host-".Length..]), cookie.Name);
        }

        // Theme and time zone are read under the same names, and forms are accepted.
        await tab.Page.ReloadAsync();
        (await tab.Page.Locator("html").GetAttributeAsync("data-bs-theme")).ShouldBe("dark");
        await tab.Page.Context.ClearCookiesAsync(new BrowserContextClearCookiesOptions { Name = "__Host-linkshort" });
        await tab.Page.GotoAsync("/app/links");
        tab.Page.Url.ShouldContain("/app/signin");
    }

    [Fact]
    public async Task A_cookie_planted_without_the_prefix_is_no_session_over_https()
    {
        await using var proxy = await TlsProxy.StartAsync(stand.Web.Address);
        var account = stand.NewAccount();
        using var attacker = await stand.VisitSignedInAsync(account);
        await using var tab = await browser.OpenAsync(proxy.Address);
        await tab.Page.Context.AddCookiesAsync([new Cookie { Name = "linkshort", Value = attacker.Cookies["linkshort"]!.Value, Url = proxy.Address }]);

        await tab.Page.GotoAsync("/app/links");

        tab.Page.Url.ShouldContain("/app/signin");
    }

    [Fact]
    public async Task Over_plain_http_on_localhost_a_real_browser_signs_in_and_hides_the_cookie_from_scripts()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.SignInAsync(account.Email, account.Password);

        var session = (await tab.Page.Context.CookiesAsync()).Single(cookie => cookie.Name == "linkshort");
        session.HttpOnly.ShouldBeTrue();
        session.SameSite.ShouldBe(SameSiteAttribute.Lax);
        (await tab.Page.EvaluateAsync<string>("() => document.cookie")).ShouldNotContain("linkshort");
    }
}
