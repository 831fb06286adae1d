using LinkShort.Testing;
using Microsoft.Playwright;

namespace LinkShort.SystemTests;

/// <summary>The walkthrough in a browser, against the whole system.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BrowserTests(WholeSystem system, ChromiumFixture chromium)
{
    /// <summary>The folder for screenshots.</summary>
    private static readonly string Screenshots = Path.Combine(CommandLine.Root, "artifacts", "screenshots");

    [Theory]
    [InlineData("desktop", 1280, 800, true)]
    [InlineData("phone", 375, 740, true)]
    [InlineData("without-scripts", 1280, 800, false)]
    public async Task A_person_signs_up_shortens_follows_and_sees_the_click(string name, int width, int height, bool scripts)
    {
        await using var context = await chromium.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = system.Gateway.AbsoluteUri,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            JavaScriptEnabled = scripts,
            UserAgent = LinkShortClient.BrowserUserAgent,
            Locale = "en-US",
        });
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                complaints.Add(message.Text);
            }
        };

        await page.GotoAsync("/");
        await PhotographAsync(page, $"{name}-1-home");
        await page.GotoAsync("/app/signup");
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync($"{name}-{Guid.NewGuid():N}@example.com");
        await page.GetByLabel("Password").FillAsync(LinkShortClient.Password);
        await page.GetByLabel("I accept the terms of use").CheckAsync();
        await page.GetByLabel("I have read the privacy notice").CheckAsync();
        await PhotographAsync(page, $"{name}-2-sign-up");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Create account" }).ClickAsync();
        await page.WaitForURLAsync("**/app/links**");
        await PhotographAsync(page, $"{name}-3-empty");

        var destination = $"https://example.com/{name}?a=%2B";
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "New link" }).ClickAsync();
        await page.Locator("[name=url]").FillAsync(destination);
        await PhotographAsync(page, $"{name}-4-new");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Create link" }).ClickAsync();
        var row = page.Locator(".link-row").First;
        await row.WaitForAsync();
        var code = new Uri("http://" + await row.Locator(".row-link").InnerTextAsync()).AbsolutePath.TrimStart('/');

        await Eventually.PassesAsync(async () =>
        {
            using var answer = await LinkShortClient.FollowAsync(system.Gateway, code);
            LinkShortClient.Location(answer).ShouldBe(destination);
        });
        await Eventually.PassesAsync(async () =>
        {
            await page.GotoAsync("/app/links");
            (await row.Locator(".link-clicks span").First.InnerTextAsync()).ShouldBe("1");
        });
        await PhotographAsync(page, $"{name}-5-counted");
        await row.Locator(".row-link").ClickAsync();
        (await page.Locator("[data-total=clicks]").InnerTextAsync()).ShouldBe("1");
        if (scripts)
        {
            await page.Locator("[data-chart] canvas, [data-chart] svg").First.WaitForAsync();
        }

        await PhotographAsync(page, $"{name}-6-link");
        (await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= window.innerWidth")).ShouldBeTrue("the page scrolls sideways");
        complaints.ShouldBeEmpty();
    }

    private static async Task PhotographAsync(IPage page, string name) =>
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Screenshots, name + ".png"), FullPage = true });
}
