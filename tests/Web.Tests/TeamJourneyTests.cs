using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>Workspaces, team, keys, audit log and privacy in a browser: journeys, and the look of pages.</summary>
[Collection(nameof(Journeys))]
public sealed class TeamJourneyTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task From_a_new_workspace_and_an_invitation_to_its_deletion_and_back(int width)
    {
        var owner = stand.NewAccount("Olga Owner");
        var guest = stand.NewAccount("Gus Guest");
        await using var tab = await browser.OpenAsync(stand.Web.Address, width);
        var page = tab.Page;
        await tab.SignInAsync(owner.Email, owner.Password);

        await page.GetByRole(AriaRole.Button, new() { Name = "Workspace: Personal" }).ClickAsync();
        await tab.ShotAsync($"team-{width}-switcher", whole: false);
        await page.GetByRole(AriaRole.Link, new() { Name = "New workspace" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("Marketing");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create workspace" }).ClickAsync();
        await page.GetByText("“Marketing” created.").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Invite someone" }).ClickAsync();
        await page.GetByLabel("Email").FillAsync(guest.Email);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send invitation" }).ClickAsync();
        await page.GetByText("invited. The link in the email").WaitForAsync();
        var team = stand.Api.CurrentOf(owner);

        await using (var theirs = await browser.OpenAsync(stand.Web.Address, width))
        {
            await theirs.Page.GotoAsync("/app/invitations?token=" + team.Invitations.ShouldHaveSingleItem().Token);
            await theirs.ShotAsync($"team-{width}-invitation-signed-out");
            await theirs.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in and accept" }).ClickAsync();
            (await theirs.Page.GetByLabel("Email").InputValueAsync()).ShouldBe(guest.Email);
            await theirs.Page.GetByLabel("Password").FillAsync(guest.Password);
            await theirs.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
            await theirs.Page.GetByText("Welcome to “Marketing”.").WaitForAsync();
        }

        // Someone without an account: one page, and they are in.
        await using (var newcomers = await browser.OpenAsync(stand.Web.Address, width))
        {
            var invitation = stand.Api.Invite(team, owner, $"nora-{Guid.NewGuid():N}@example.com", "viewer");
            await newcomers.Page.GotoAsync("/app/invitations?token=" + invitation.Token);
            await newcomers.LookAsync("invitation-new");
            newcomers.Findings.ShouldBeEmpty();
            await newcomers.Page.GetByLabel("Password").FillAsync("a long password");
            foreach (var box in await newcomers.Page.Locator(".consents input[required]").AllAsync())
            {
                await box.CheckAsync();
            }

            await newcomers.Page.GetByRole(AriaRole.Button, new() { Name = "Create account and join" }).ClickAsync();
            await newcomers.Page.GetByText("Welcome to “Marketing”.").WaitForAsync();
        }

        await page.ReloadAsync();
        await page.GetByLabel("Role of Gus Guest", new() { Exact = true }).SelectOptionAsync("viewer");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the role of Gus Guest" }).ClickAsync();
        await page.GetByText("Role changed: Viewer.").WaitForAsync();
        team.MemberOf(guest)!.Role.ShouldBe("viewer");

        await page.GotoAsync("/app/workspace");
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete workspace" }).ClickAsync();
        await dialog.GetByLabel("Type “Marketing” to confirm").FillAsync("nonsense");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete workspace" }).ClickAsync();
        await dialog.GetByText("exactly as shown").WaitForAsync();
        await dialog.GetByLabel("Type “Marketing” to confirm").FillAsync("Marketing");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete workspace" }).ClickAsync();
        await page.GetByText("Until then, you can restore it.").WaitForAsync();
        await page.GotoAsync("/app/links");
        await tab.ShotAsync($"team-{width}-banner");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore workspace" }).ClickAsync();
        await page.GetByText("“Marketing” restored.").WaitForAsync();
        team.DeletionScheduledAt.ShouldBeNull();
    }

    [Fact]
    public async Task An_export_appears_by_itself_when_it_is_ready()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        // The page polls every four seconds, by a clock that the test advances.
        await tab.Page.Clock.InstallAsync();
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GotoAsync("/app/privacy");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Export data" }).ClickAsync();
        await tab.Page.GetByText("is collecting everything").WaitForAsync();
        account.Export = (account.Export!.Value.Id, "ready");
        await tab.Page.Clock.FastForwardAsync(4_000);
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Download" }).WaitForAsync();
        await tab.Page.GetByRole(AriaRole.Heading, new() { Name = "Your consents" }).WaitForAsync();
        var download = await tab.Page.RunAndWaitForDownloadAsync(() => tab.Page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        download.SuggestedFilename.ShouldBe("linkshort-2026-11-22.zip");
    }

    [Fact]
    public async Task The_switcher_works_by_keyboard_alone()
    {
        var account = stand.NewAccount();
        var team = stand.Api.AddTeam("Night shift", (account, "member"));
        account.WorkspaceId = null;
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Workspace: " }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Night shift" }).WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Button, new() { Name = "Night shift" }).WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Tab");
        (await page.EvaluateAsync<string>("() => document.activeElement.innerText")).ShouldContain("Night shift");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("Switched to “Night shift”.").WaitForAsync();
        account.WorkspaceId.ShouldBe(team.Id);
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task Every_page_fits_and_axe_finds_nothing(int width)
    {
        var owner = stand.NewAccount("Olga Owner");
        var member = stand.NewAccount("Maximilian Featherstonehaugh-Montgomery");
        var team = stand.Api.AddTeam("Editorial and marketing of Northwind Press", (owner, "owner"), (member, "admin"), (stand.NewAccount(null), "viewer"));
        var invitation = stand.Api.Invite(team, owner, "somebody.with.a.rather.long.address@subdomain.example.com", "member");
        stand.Api.Invite(team, owner, "late@example.com", "viewer").ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(-1);
        Samples.AddTo(stand.Api, owner);
        owner.Keys[0]["allowedNetworks"] = new System.Text.Json.Nodes.JsonArray("203.0.113.0/24", "2001:db8:1234::/48");
        Samples.AuditTo(stand.Api, owner);
        var key = owner.Keys[0]["id"]!.GetValue<Guid>();
        await using var tab = await browser.OpenAsync(stand.Web.Address, width);
        await ShowAsync($"/app/invitations?token={invitation.Token}", "invitation");
        await ShowAsync("/app/invitations?token=gone", "invitation-gone");
        await tab.SignInAsync(owner.Email, owner.Password);
        await ShowAsync("/app/team", "team");
        await ShowAsync("/app/team/invite", "team-invite");
        await ShowAsync($"/app/team/members/{member.Id}/remove", "team-remove");
        await ShowAsync("/app/workspace", "workspace");
        await ShowAsync("/app/workspace/transfer", "workspace-transfer");
        await ShowAsync("/app/workspace/delete", "workspace-delete");
        await ShowAsync("/app/workspaces/new", "workspace-new");
        await ShowAsync("/app/settings/keys", "keys2");
        await ShowAsync("/app/settings/keys/new", "key-new");
        await ShowAsync("/app/workspace/sso", "sso");
        await ShowAsync($"/app/settings/keys/{key}", "key-change");
        await ShowAsync($"/app/settings/keys/{key}/rotate", "key-rotate");
        await ShowAsync("/app/audit-log", "audit-log");
        await ShowAsync("/app/audit-log/verify", "audit-verify");
        await ShowAsync("/app/privacy", "privacy");
        await ShowAsync("/app/privacy/delete", "privacy-delete");
        owner.Export = (Guid.CreateVersion7(), "collecting");
        owner.Deletion = (FakeApi.Invitation.NewToken(), TimeProvider.System.GetUtcNow().AddDays(7));
        await ShowAsync("/app/privacy", "privacy-busy");
        await ShowAsync("/app/privacy/receipt/" + owner.Deletion.Value.Receipt, "receipt");
        stand.Api.ScheduleDeletion(team);
        await ShowAsync("/app/workspace", "workspace-ending");
        team.DeletionScheduledAt = null;
        stand.Api.ChangeRole(team, owner, "viewer");
        await ShowAsync("/app/links", "viewer-links");
        await ShowAsync("/app/team", "viewer-team");
        await ShowAsync("/app/links/new", "viewer-forbidden");
        // Where the open menu covers nothing that can be clicked: axe takes half-covered targets for small ones.
        await tab.Page.GotoAsync("/app/shortcuts");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Workspace: " }).ClickAsync();
        await tab.LookAsync("switcher");
        tab.Findings.ShouldBeEmpty();

        async Task ShowAsync(string path, string name)
        {
            await tab.Page.GotoAsync(path);
            await tab.LookAsync(name);
        }
    }
}
