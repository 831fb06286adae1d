using LinkShort.Testing;
using Microsoft.Playwright;

namespace LinkShort.SystemTests;

/// <summary>Workspaces and privacy in a browser, against the whole system, with the links from the emails.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class TeamPagesTests(WholeSystem system, ChromiumFixture chromium)
{
    [Fact]
    public async Task A_workspace_is_created_shared_viewed_deleted_and_restored_and_a_user_exports_their_data_and_leaves()
    {
        var owner = await system.NewUserAsync();
        var guest = await system.NewUserAsync();
        var page = await SignInAsync(owner.Email);
        await using var contextOfPage = page.Context;
        await VerifyAsync(page, owner.Email);

        // A workspace with a second member.
        await page.GotoAsync("/app/workspaces/new");
        await page.GetByLabel("Name").FillAsync("Harbour");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create workspace" }).ClickAsync();
        await page.GetByText("“Harbour” created.").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Invite someone" }).ClickAsync();
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(guest.Email);
        await page.GetByRole(AriaRole.Radio, new() { Name = "Viewer" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send invitation" }).ClickAsync();
        await page.GetByText("invited. The link in the email").WaitForAsync();
        var theirs = await SignInAsync(guest.Email);
        await using var contextOfTheirs = theirs.Context;
        await VerifyAsync(theirs, guest.Email);
        await theirs.GotoAsync(await MailFolder.LinkAsync(system.DataDirectory, guest.Email, "invitations"));
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Accept invitation" }).ClickAsync();
        await theirs.GetByText("Welcome to “Harbour”.").WaitForAsync();
        (await theirs.GetByRole(AriaRole.Link, new() { Name = "New link" }).CountAsync()).ShouldBe(0, "a viewer can't create links");

        // A new role takes effect at once, in the same session.
        await page.GotoAsync("/app/team");
        await page.Locator("select[name=Role]").Last.SelectOptionAsync("member");
        await page.Locator(".role-form button").Last.ClickAsync();
        await page.GetByText("Role changed: Member.").WaitForAsync();
        await Eventually.PassesAsync(async () =>
        {
            await theirs.GotoAsync("/app/links");
            (await theirs.GetByRole(AriaRole.Link, new() { Name = "New link" }).CountAsync()).ShouldBe(1);
        });

        // Rotate a key.
        await page.GotoAsync("/app/settings/keys");
        await page.GetByRole(AriaRole.Link, new() { Name = "New key" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("Crane");
        await page.GetByLabel("Allowed networks").FillAsync("203.0.113.0/24");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create key" }).ClickAsync();
        await page.GetByText("only from 203.0.113.0/24").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Rotate Crane" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Rotate key" }).ClickAsync();
        await page.GetByText("The old key works until").WaitForAsync();

        // The audit log contains it and is unchanged.
        await Eventually.PassesAsync(async () =>
        {
            await page.GotoAsync("/app/audit-log");
            var log = await page.Locator(".audit-rows").InnerTextAsync();
            log.ShouldContain("rotated the API key");
            log.ShouldMatch(" made .* (a viewer|an admin|a member)");
            log.ShouldContain("accepted an invitation");
        });
        await page.GotoAsync("/app/audit-log?action=apiKey.*");
        (await page.Locator(".audit-rows").InnerTextAsync()).ShouldNotContain(" made ");
        await page.GetByRole(AriaRole.Link, new() { Name = "Verify" }).ClickAsync();
        await page.GetByText("The log is intact").WaitForAsync();
        await page.GotoAsync("/app/audit-log");
        var export = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export as CSV" }).ClickAsync());
        (await File.ReadAllTextAsync((await export.PathAsync())!)).ShouldContain("apiKey.rotated");

        // Delete the workspace and cancel it.
        await page.GotoAsync("/app/workspace/delete");
        await page.GetByLabel("Type “Harbour” to confirm").FillAsync("Harbour");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete workspace" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore workspace" }).WaitForAsync();
        await theirs.GotoAsync("/app/links");
        await theirs.GetByText("An owner can restore it.").WaitForAsync();
        (await theirs.GetByRole(AriaRole.Link, new() { Name = "New link" }).CountAsync()).ShouldBe(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore workspace" }).ClickAsync();
        await page.GetByText("“Harbour” restored.").WaitForAsync();

        // Privacy: consents, export, and deletion of the account.
        await theirs.GotoAsync("/app/privacy");
        await theirs.GetByLabel("Emails about new features").CheckAsync();
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await theirs.GetByText("Consents saved.").WaitForAsync();
        (await theirs.GetByLabel("Emails about new features").IsCheckedAsync()).ShouldBeTrue();
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Export data" }).ClickAsync();
        var download = theirs.GetByRole(AriaRole.Link, new() { Name = "Download" });
        await download.WaitForAsync(new() { Timeout = 60_000 });
        var zip = await theirs.RunAndWaitForDownloadAsync(() => download.ClickAsync());
        using (var archive = System.IO.Compression.ZipFile.OpenRead((await zip.PathAsync())!))
        {
            archive.Entries.Count.ShouldBeGreaterThan(3);
        }

        await theirs.GotoAsync("/app/privacy/delete");
        await theirs.GetByLabel($"Type {guest.Email} to confirm").FillAsync(guest.Email);
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Delete account" }).ClickAsync();
        await theirs.GetByRole(AriaRole.Link, new() { Name = "View receipt" }).ClickAsync();
        await theirs.GetByText("Signing in before then cancels the deletion.").WaitForAsync();
        await theirs.GotoAsync("/app/privacy");
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Restore account" }).ClickAsync();
        await theirs.GetByText("Account restored.").WaitForAsync();
    }

    private async Task<IPage> SignInAsync(string email)
    {
        var context = await chromium.NewContextAsync(new BrowserNewContextOptions { BaseURL = system.Gateway.AbsoluteUri, UserAgent = LinkShortClient.BrowserUserAgent, Locale = "en-US" });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/app/signin");
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
        await page.GetByLabel("Password").FillAsync(LinkShortClient.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/app/links**");
        return page;
    }

    private async Task VerifyAsync(IPage page, string email)
    {
        await page.GotoAsync(await MailFolder.LinkAsync(system.DataDirectory, email, "verify"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm email address" }).ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("token=", StringComparison.Ordinal));
    }
}
