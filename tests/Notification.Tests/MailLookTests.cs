using LinkShort.Contracts;
using LinkShort.Look;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(ChromiumFixture))]

namespace LinkShort.Notification.Tests;

/// <summary>Emails in a browser, as webmail and phones show them: the app's look, light and dark, on phones, from right to left.</summary>
public sealed class MailLookTests(NotificationFixture fixture, ChromiumFixture chromium)
{
    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    [InlineData("ar")]
    public async Task Emails_fit_phones_and_follow_the_theme(string locale)
    {
        var welcome = await fixture.Files.FileToAsync((await fixture.Files.RegisterAsync(locale: locale)).Email);
        var invited = new InvitationCreated(
            Guid.CreateVersion7(), Guid.CreateVersion7(), "A workspace with a rather long name that has to wrap", "Bob", $"{Guid.NewGuid():N}@example.org", "admin", locale,
            fixture.Files.Service<SealedText>().Seal("the-secret-" + new string('x', 120), nameof(InvitationCreated)), new DateTimeOffset(2026, 12, 24, 18, 30, 0, TimeSpan.Zero));
        await fixture.Files.PublishEventAsync(invited);
        var invitation = await fixture.Files.FileToAsync(invited.Email);

        foreach (var (name, html) in new[] { ("welcome", welcome.Html), ("invitation", invitation.Html) })
        {
            foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                foreach (var width in new[] { 375, 700 })
                {
                    await CheckAsync(html, $"{name}-{locale}-{theme}-{width}", theme, width);
                }
            }
        }
    }

    private async Task CheckAsync(string html, string name, ColorScheme theme, int width)
    {
        await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = theme, JavaScriptEnabled = true });
        var page = await context.NewPageAsync();
        await page.SetContentAsync(html);
        if (Environment.GetEnvironmentVariable("WEB_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"mail-{name}.png"), FullPage = true });
        }

        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, name);
        Func<string, string> token = theme == ColorScheme.Dark ? DesignTokens.Dark : DesignTokens.Light;
        (await ColourAsync("document.body", "backgroundColor")).ShouldBe(token("page"), name);
        (await ColourAsync("document.querySelector('.card')", "backgroundColor")).ShouldBe(token("surface"), name);
        (await ColourAsync("document.querySelector('.button')", "backgroundColor")).ShouldBe(token("brand"), name);
        (await page.EvaluateAsync<string[]>(PaleTexts)).ShouldBeEmpty(name);

        Task<string> ColourAsync(string element, string property) => page.EvaluateAsync<string>(
            $"() => '#' + getComputedStyle({element}).{property}.match(/\\d+/g).slice(0, 3).map(part => (+part).toString(16).padStart(2, '0')).join('')");
    }

    /// <summary>Texts with less than 4.5:1 to what is behind them (WCAG 2.2, 1.4.3).</summary>
    private const string PaleTexts =
        """
        () => {
          const parts = text => text.match(/[\d.]+/g).map(Number);
          const luminance = ([r, g, b]) => [r, g, b].map(value => value / 255).map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
            .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
          const behind = element => {
            for (let each = element; each; each = each.parentElement) {
              const colour = parts(getComputedStyle(each).backgroundColor);
              if (colour.length < 4 || colour[3] > 0) return colour;
            }
            return [255, 255, 255];
          };
          return [...document.querySelectorAll('h1, p, a, td, strong, span')]
            .filter(element => element.offsetHeight > 1 && [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
            .map(element => {
              const [one, other] = [luminance(parts(getComputedStyle(element).color)), luminance(behind(element))];
              return [(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), element.textContent.trim().slice(0, 40)];
            })
            .filter(([contrast]) => contrast < 4.5)
            .map(([contrast, text]) => `${text}: ${contrast.toFixed(2)}`);
        }
        """;
}
