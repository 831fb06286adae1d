using LinkShort.Localization;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>
/// Every page with texts that are some 40 % longer than the English ones, as a translation may be: nothing is cut off, and nothing has to be
/// scrolled sideways.
/// </summary>
[Collection(nameof(Looks))]
public sealed class PseudoLanguageTests(WebStand stand, Browser browser)
{
    private static readonly int[] Widths = [1280, 375];

    /// <summary>Elements that hide a part of their text, other than those that say so with an ellipsis.</summary>
    private const string Cut = """
        () => [...document.querySelectorAll('body *')].filter(element => {
            const style = getComputedStyle(element);
            const hasText = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
            return hasText && element.offsetParent && ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis'
                && !element.closest('.visually-hidden') && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 3);
        }).map(element => `${element.tagName.toLowerCase()}.${element.className}: ${element.textContent.trim().slice(0, 60)}`)
        """;

    /// <summary>The innermost elements that are too wide.</summary>
    private const string Widest = """
        width => [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > width + 0.5 && !element.children.length)
            .slice(0, 3).map(element => `${element.parentElement.className} > ${element.tagName.toLowerCase()}.${element.className} ${element.textContent.trim().slice(0, 40)}`).join(', ')
        """;

    [Fact]
    public async Task Longer_texts_fit_on_every_page()
    {
        var account = stand.Api.Operator();
        Samples.AddTo(stand.Api, account);
        var colleague = stand.NewAccount("Bartholomew Featherstonehaugh");
        var team = stand.Api.AddTeam("Marketing in all of Europe", (account, "owner"), (colleague, "member"));
        stand.Api.Invite(team, account, $"guest-{Guid.NewGuid():N}@example.com", "admin");
        var invited = stand.Api.Invite(team, account, $"new-{Guid.NewGuid():N}@example.com", "member");
        stand.Api.Subscribe(team, "business", interval: "year");
        team.Plan.Coupon = "STAY20";
        var faults = new List<string>();
        await using var tab = await browser.OpenAsync(stand.Web.Address);

        await SpeakAsync();
        foreach (var path in (string[])["/", "/app/signin", "/app/signup", "/app/forgot", "/app/sso", "/problems/", "/problems/validation", "/pricing?interval=year", "/app/nothing-here",
            $"/app/invitations?token={invited.Token}", "/app/invitations?token=nonsense", "/app/verify", "/app/reset?token=nonsense"])
        {
            await LookAsync(path);
        }

        await tab.Page.Context.ClearCookiesAsync();
        await tab.SignInAsync(account.Email, account.Password);
        await SpeakAsync();
        var pages = stand.Web.Pages().Where(path => path.StartsWith("/app/", StringComparison.Ordinal)).Select(path => Fill(path)).OfType<string>().Distinct().ToList();
        pages.Count.ShouldBeGreaterThan(40);
        foreach (var path in pages)
        {
            await LookAsync(path);
        }

        faults.ShouldBeEmpty();

        Task SpeakAsync() => tab.Page.Context.AddCookiesAsync([new Cookie { Name = "lang", Value = Language.Pseudo.Code, Url = stand.Web.Address }]);

        async Task LookAsync(string path)
        {
            await tab.Page.GotoAsync(path);
            foreach (var width in Widths)
            {
                await tab.Page.SetViewportSizeAsync(width, 812);
                var (wide, cut) = (await tab.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"), await tab.Page.EvaluateAsync<string[]>(Cut));
                if (wide > width)
                {
                    faults.Add($"{path} at {width} is {wide} wide: {await tab.Page.EvaluateAsync<string>(Widest, width)}");
                }

                faults.AddRange(cut.Select(element => $"{path} at {width} cuts {element}"));
                await tab.ShotAsync($"pseudo-{width}{path.Split('?')[0].Replace('/', '-')}");
            }

            (await tab.Page.Locator("html").GetAttributeAsync("lang")).ShouldBe(Language.Pseudo.Code, path);
        }

        // The pages of things that exist; null for those of other things, and for what isn't a page.
        string? Fill(string path)
        {
            const string id = "0190f3a2-7c1e-7b3a-9d52-6f1c2a4b8e90";
            var filled = path.StartsWith("/app/links/", StringComparison.Ordinal) ? path.Replace(id, account.Links[^1].Id.ToString(), StringComparison.Ordinal)
                : path.StartsWith("/app/team/members/", StringComparison.Ordinal) || path.StartsWith("/app/admin/users/", StringComparison.Ordinal) ? path.Replace(id, colleague.Id.ToString(), StringComparison.Ordinal)
                : path.StartsWith("/app/admin/workspaces/", StringComparison.Ordinal) ? path.Replace(id, team.Id.ToString(), StringComparison.Ordinal)
                : path;
            string[] parts = [id, "/pick/", "callback", ".svg", ".png", "/commands/", "/links/title", "/links/availability"];
            return parts.Any(part => filled.Contains(part, StringComparison.Ordinal)) ? null : filled;
        }
    }
}
