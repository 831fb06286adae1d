using System.Net;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>
/// The page /design against what was approved, in four variants. Styles are compared exactly, as the browser computes them. Pictures are compared in
/// cells of some 60 pixels with a tolerance: anti-aliasing and the next Chromium move single pixels, a broken layout or colour moves whole cells.
/// After an intended change: <c>APPROVE_DESIGN=1</c>, and look at the new pictures.
/// </summary>
[Collection(nameof(Looks))]
public sealed class DesignTests(WebStand stand, Browser browser)
{
    private const string ApproveVariable = "APPROVE_DESIGN";

    /// <summary>Of a picture 1,280 pixels wide.</summary>
    private const int Cells = 20;

    /// <summary>Mean difference of the channels, of 255.</summary>
    private const double MaxOfCell = 26;
    private const double MaxMean = 3;

    [Theory]
    [InlineData("light", "en")]
    [InlineData("dark", "en")]
    [InlineData("light", "ar")]
    [InlineData("dark", "ar")]
    public async Task Components_look_as_approved(string theme, string language)
    {
        var account = stand.Api.Operator();
        await using var tab = await browser.OpenAsync(stand.Web.Address, theme: ColorScheme.Light);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GotoAsync($"/design?theme={theme}&language={language}");
        await tab.Page.EvaluateAsync("() => document.fonts.ready");

        (await tab.Page.EvaluateAsync<string>("() => document.documentElement.dir + ' ' + document.documentElement.dataset.bsTheme")).ShouldBe($"{(language == "ar" ? "rtl" : "ltr")} {theme}");
        (await tab.AxeFindingsAsync()).ShouldBeEmpty();
        (await tab.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(1280);
        await tab.ShotAsync($"design-{theme}-{language}");

        var styles = await tab.Page.EvaluateAsync<string>(StylesScript);
        var picture = await PictureAsync(tab.Page);
        var name = $"tests/Web.Tests/Approved/design-{theme}-{language}";
        if (Environment.GetEnvironmentVariable(ApproveVariable) == "1")
        {
            await File.WriteAllTextAsync(Checkout.PathOf(name + ".txt"), styles);
            await File.WriteAllBytesAsync(Checkout.PathOf(name + ".png"), picture);
        }

        styles.ShouldBe(await File.ReadAllTextAsync(Checkout.PathOf(name + ".txt")), $"If that is intended, set {ApproveVariable}=1.");
        var approved = await File.ReadAllBytesAsync(Checkout.PathOf(name + ".png"));
        approved.Length.ShouldBeLessThan(100_000, "approved pictures are small");
        (await DifferenceAsync(tab.Page, approved, picture)).ShouldBe("", $"If that is intended, set {ApproveVariable}=1.");

        // What the comparison is for: it finds a button in another colour, and one that is gone.
        await tab.Page.EvaluateAsync("() => document.querySelectorAll('[data-sample=buttons] .btn-primary').forEach(b => { b.style.backgroundColor = 'rgb(200, 30, 30)'; })");
        (await tab.Page.EvaluateAsync<string>(StylesScript)).ShouldNotBe(styles);
        await tab.Page.EvaluateAsync("() => document.querySelector('[data-sample=messages]').remove()");
        (await DifferenceAsync(tab.Page, approved, await PictureAsync(tab.Page))).ShouldNotBe("");
    }

    [Theory]
    [InlineData(375, "en")]
    [InlineData(375, "ar")]
    public async Task Components_fit_a_phone(int width, string language)
    {
        var account = stand.Api.Operator();
        await using var tab = await browser.OpenAsync(stand.Web.Address, width);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GotoAsync($"/design?language={language}");
        await tab.LookAsync($"design-{language}");
        tab.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_operators_see_it_in_production()
    {
        using var stranger = stand.Visit();
        using var user = await stand.VisitSignedInAsync(stand.NewAccount());
        using var @operator = await stand.VisitSignedInAsync(stand.Api.Operator());

        (await stranger.GetAsync("/design")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await user.GetAsync("/design")).Status.ShouldBe(HttpStatusCode.NotFound);
        var shown = await @operator.GetAsync("/design?theme=nonsense&language=tlh");
        shown.Status.ShouldBe(HttpStatusCode.OK);
        shown.Text.ShouldContain("Design system");
    }

    /// <summary>One line per kind of element: its classes, and what they make of it.</summary>
    private const string StylesScript =
        """
        () => {
          const shown = ['color', 'backgroundColor', 'borderTopColor', 'borderTopWidth', 'borderTopLeftRadius', 'fontFamily', 'fontSize', 'fontWeight', 'lineHeight', 'textAlign', 'display',
            'paddingTop', 'paddingInlineStart', 'boxShadow', 'opacity'];
          const lines = new Map();
          for (const element of document.querySelectorAll('[data-sample] *')) {
            if (element.closest('svg') && element.tagName !== 'svg') continue;
            const key = `${element.closest('[data-sample]').dataset.sample} ${element.tagName.toLowerCase()}${[...element.classList].map(name => '.' + name).join('')}${element.disabled ? ':disabled' : ''}`;
            if (lines.has(key)) continue;
            const style = getComputedStyle(element);
            lines.set(key, `${key}: ${shown.map(name => style[name]).join(' | ')}`);
          }
          return [...lines.values()].join('\n') + '\n';
        }
        """;

    /// <summary>The whole page at an eighth of its size.</summary>
    private static async Task<byte[]> PictureAsync(IPage page)
    {
        var full = await page.ScreenshotAsync(new() { FullPage = true, Animations = ScreenshotAnimations.Disabled });
        return Convert.FromBase64String(await page.EvaluateAsync<string>(
            """
            async data => {
              const image = await createImageBitmap(new Blob([Uint8Array.from(atob(data), c => c.charCodeAt(0))], { type: 'image/png' }));
              const canvas = new OffscreenCanvas(Math.round(image.width / 8), Math.round(image.height / 8));
              const context = canvas.getContext('2d');
              context.imageSmoothingQuality = 'high';
              context.drawImage(image, 0, 0, canvas.width, canvas.height);
              const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
              let text = '';
              for (const byte of bytes) text += String.fromCharCode(byte);
              return btoa(text);
            }
            """,
            Convert.ToBase64String(full)));
    }

    /// <returns>What differs, or nothing.</returns>
    private static Task<string> DifferenceAsync(IPage page, byte[] approved, byte[] actual) => page.EvaluateAsync<string>(
        """
        async ([approved, actual, cells, maxOfCell, maxMean]) => {
          const read = async data => await createImageBitmap(new Blob([Uint8Array.from(atob(data), c => c.charCodeAt(0))], { type: 'image/png' }));
          const [one, other] = [await read(approved), await read(actual)];
          if (Math.abs(one.height - other.height) > Math.max(3, one.height * 0.01) || one.width !== other.width) return `size ${one.width}×${one.height}, now ${other.width}×${other.height}`;
          const rows = Math.round(cells * one.height / one.width);
          const shrink = image => {
            const context = new OffscreenCanvas(cells, rows).getContext('2d');
            context.imageSmoothingQuality = 'high';
            context.drawImage(image, 0, 0, cells, rows);
            return context.getImageData(0, 0, cells, rows).data;
          };
          const [a, b] = [shrink(one), shrink(other)];
          const found = [];
          let sum = 0;
          for (let i = 0; i < a.length; i += 4) {
            const difference = (Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2])) / 3;
            sum += difference;
            if (difference > maxOfCell) found.push(`cell ${(i / 4) % cells}, ${Math.floor(i / 4 / cells)} by ${difference.toFixed(0)}`);
          }
          const mean = sum / (a.length / 4);
          if (mean > maxMean) found.push(`mean ${mean.toFixed(1)}`);
          return found.slice(0, 10).join('; ');
        }
        """,
        new object[] { Convert.ToBase64String(approved), Convert.ToBase64String(actual), Cells, MaxOfCell, MaxMean });
}
