using LinkShort.Testing;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>Accessibility by keyboard. The look tests cover assistive technology.</summary>
[Collection(nameof(Looks))]
public sealed class AccessTests(WebStand stand, Browser browser)
{
    [Fact]
    public async Task A_link_is_created_and_deleted_by_keyboard_alone_with_the_focus_always_visible()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await page.GotoAsync("/app/signin");

        // The email field has the focus from the first paint on.
        await HasFocusAsync("email");
        await page.Keyboard.TypeAsync(account.Email);
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(account.Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/links");

        await page.Keyboard.PressAsync("Tab");
        (await FocusedAsync()).ShouldBe("Skip to content");
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync("New link");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync();
        await HasFocusAsync("url");
        await page.Keyboard.TypeAsync("https://example.com/by-keyboard");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("Your short link is ready.").WaitForAsync();
        var link = account.Links.ShouldHaveSingleItem();
        link.Url.ShouldBe("https://example.com/by-keyboard");

        await TabToAsync("Actions for linksho.rt/" + link.Code);
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync("QR code");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync();
        // On a busy machine the dialog opens before htmx has finished the request, and a link makes one request at a time.
        await page.WaitForFunctionAsync("() => !document.querySelector('.htmx-request')");
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        // Closing a dialog leads back to where it was opened, with the event of its closing.
        await Eventually.BecomesAsync(FocusedAsync, focused => focused == "Actions for linksho.rt/" + link.Code);
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync("Delete");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("1 link deleted.").WaitForAsync();

        async Task HasFocusAsync(string field) =>
            await page.WaitForFunctionAsync("field => document.activeElement?.getAttribute('name') === field", field);

        async Task TabToAsync(string name)
        {
            for (var i = 0; i < 40; i++)
            {
                await page.Keyboard.PressAsync("Tab");
                // Waits briefly: Chromium moves the focus of a new page when it first paints.
                await Should.NotThrowAsync(
                    page.WaitForFunctionAsync(FocusIsVisible), $"the focus is invisible on “{await FocusedAsync()}”");
                if (await FocusedAsync() == name)
                {
                    return;
                }
            }

            throw new InvalidOperationException($"The keyboard does not reach “{name}”.");
        }

        Task<string> FocusedAsync() => page.EvaluateAsync<string>("() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? '').trim()");
    }

    [Fact]
    public async Task A_dialog_opens_although_the_event_of_an_earlier_ones_closing_comes_late()
    {
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var account = stand.NewAccount();
        await tab.SignInAsync(account.Email, account.Password);
        // As after Escape and Enter on a machine that draws few frames a second.
        await tab.Page.EvaluateAsync("() => new MutationObserver(() => dialog.dispatchEvent(new Event('close'))).observe(dialog.firstElementChild, { childList: true })");

        await tab.Page.GetByText("New link").First.ClickAsync();

        await tab.Page.GetByRole(AriaRole.Dialog).WaitForAsync();
    }

    private const string FocusIsVisible = """
        () => {
          const e = document.activeElement;
          if (!e || e === document.body) return false;
          const shows = x => {
            const s = getComputedStyle(x);
            return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none';
          };
          const row = e.closest('.link-row, .copy-field, .prefixed, .shorten-form');
          const box = e.getBoundingClientRect();
          return (shows(e) || (row && (shows(row) || getComputedStyle(row).borderColor !== ''))) && box.width > 0 && box.bottom > 0;
        }
        """;
}
