using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Identity.Plans;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

/// <summary>Plans in tokens, and the limits that identity enforces.</summary>
public sealed class PlanTests(IdentityApplication identity)
{
    private static readonly Entitlements Small = Entitlements.Unlimited with
    {
        Plan = "small", Members = 2, Sso = false, AuditExport = false,
        UpgradeTo = new Dictionary<string, string> { [PlanLimits.Members] = "pro", [PlanLimits.Sso] = "business" },
    };

    [Fact]
    public async Task A_changed_plan_is_in_new_tokens_and_old_ones_are_refused_within_two_seconds()
    {
        using var team = await Team.CreateAsync(identity);
        var tokens = await team.Owner.LogInAsync();
        using var session = identity.Host.CreateClient(tokens.AccessToken);
        using var switched = await session.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = team.Id });
        var before = await switched.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new JsonWebToken(before.AccessToken).GetClaim("plan").Value.ShouldBe("free");
        using var client = identity.Host.CreateClient(before.AccessToken);
        (await client.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await SetPlanAsync(team.Id, Entitlements.Unlimited with { Plan = "business", ApiLimitFactor = 10 }, 5);
        await Eventually.PassesAsync(async () => (await client.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized), TimeSpan.FromSeconds(2));
        using var refreshed = await identity.Host.CreateClient().PostAsJsonAsync("/api/v1/auth/refresh", new { before.RefreshToken });
        var after = new JsonWebToken((await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        after.GetClaim("plan").Value.ShouldBe("business");
        after.GetClaim(Tokens.Claims.ApiLimitFactor).Value.ShouldBe("10");

        // A late event of an older plan changes nothing.
        await SetPlanAsync(team.Id, Small, 4);
        await SetPlanAsync(team.Id, Entitlements.Unlimited with { Plan = "pro" }, 6);
        await Eventually.BecomesAsync(() => PlanOfAsync(team.Id), plan => plan == "pro");
        // Its outbox publishes after the change is visible.
        await Eventually.BecomesAsync(
            () => Task.FromResult(identity.Events.Heard<AccessRevoked>(revoked => revoked.Subject == team.Id.ToString()).Select(revoked => revoked.RevocationId).Distinct().Count()),
            revocations => revocations == 2);
    }

    [Fact]
    public async Task A_plan_has_room_for_its_members_and_invitations_and_a_smaller_one_removes_nobody()
    {
        using var team = await Team.CreateAsync(identity);
        await SetPlanAsync(team.Id, Small, 1);
        await Eventually.BecomesAsync(() => PlanOfAsync(team.Id), plan => plan == "small");
        var guest = await Team.VerifiedAsync(identity);
        var invitation = await team.InviteAsync(guest.Email);
        using var full = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/invitations", new { email = "another@example.org", role = "member" });
        await full.ShouldBeProblemAsync(HttpStatusCode.PaymentRequired, "plan-limit-reached");
        var problem = (await full.Content.ReadFromJsonAsync<JsonObject>())!;
        ((string?)problem["resource"], (int)problem["limit"]!, (int)problem["used"]!, (string?)problem["plan"], (string?)problem["upgradeTo"])
            .ShouldBe(("members", 2, 2, "small", "pro"));

        // Somebody else took the place in the meantime: the invitation waits for another plan, and is not used up.
        await team.AddAsync("member");
        using var client = await guest.SignedInAsync();
        var token = await team.TokenOfAsync(invitation);
        using var waits = await client.PostAsJsonAsync("/api/v1/invitations/accept", new { token });
        await waits.ShouldBeProblemAsync(HttpStatusCode.PaymentRequired, "plan-limit-reached");
        await SetPlanAsync(team.Id, Small with { Plan = "medium", Members = 3 }, 2);
        await Eventually.BecomesAsync(() => PlanOfAsync(team.Id), plan => plan == "medium");
        using var accepted = await client.PostAsJsonAsync("/api/v1/invitations/accept", new { token });
        accepted.StatusCode.ShouldBe(HttpStatusCode.OK);

        await SetPlanAsync(team.Id, Small, 3);
        await Eventually.BecomesAsync(() => PlanOfAsync(team.Id), plan => plan == "small");
        (await identity.QueryAsync<int>("select count(*)::int from members where workspace_id = @Id", new { team.Id })).ShouldBe(3);
        await identity.Host.Services.GetRequiredService<MemberCount>().ReportAsync(TestContext.Current.CancellationToken);
        (await identity.Events.HearsAsync<UsageCounted>(usage => usage.WorkspaceId == team.Id)).ShouldSatisfyAllConditions(
            usage => usage.Metric.ShouldBe(UsageMetrics.Members), usage => usage.Value.ShouldBe(3));
    }

    [Fact]
    public async Task A_plan_without_them_has_no_new_single_sign_on_and_no_export_of_the_audit_log()
    {
        using var team = await Team.CreateAsync(identity);
        await SetPlanAsync(team.Id, Small, 1);
        await Eventually.BecomesAsync(() => PlanOfAsync(team.Id), plan => plan == "small");
        using var domain = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/sso/domains", new { domain = "example.org" });
        await domain.ShouldBeProblemAsync(HttpStatusCode.PaymentRequired, "plan-limit-reached");
        var problem = (await domain.Content.ReadFromJsonAsync<JsonObject>())!;
        ((string?)problem["resource"], (string?)problem["upgradeTo"]).ShouldBe(("sso", "business"));

        using var switched = await team.OwnerClient.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = team.Id });
        using var client = identity.Host.CreateClient((await switched.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        using var export = await client.GetAsync("/api/v1/audit-log/export?format=csv");
        await export.ShouldBeProblemAsync(HttpStatusCode.PaymentRequired, "plan-limit-reached");
        (await client.GetAsync("/api/v1/audit-log")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_default_plan_is_that_of_every_workspace_without_another_and_of_new_ones()
    {
        var settings = await IdentityApplication.SettingsAsync(identity.Servers);
        await using var host = IdentityApplication.Start(settings);
        var old = await Account.RegisterAsync(host);
        await using var events = await EventListener.StartAsync(settings["ConnectionStrings:messaging"]!);
        var other = await Account.RegisterAsync(host);
        await events.PublishAsync(new SubscriptionChanged(other.WorkspaceId, Entitlements.Unlimited with { Plan = "pro" }, 1, TimeProvider.System.GetUtcNow()));
        await Eventually.BecomesAsync(() => PlanAsync(other), plan => plan == "pro");
        await events.PublishAsync(new DefaultPlanChanged(Small with { Plan = "starter", ApiLimitFactor = 2 }, 3));
        await events.PublishAsync(new DefaultPlanChanged(Small, 2));
        await Eventually.BecomesAsync(() => PlanAsync(old), plan => plan == "starter");
        (await PlanAsync(other)).ShouldBe("pro");
        (await PlanAsync(await Account.RegisterAsync(host))).ShouldBe("starter");

        async Task<string> PlanAsync(Account account)
        {
            using var client = host.CreateClient((await account.LogInAsync()).AccessToken);
            return (await client.GetFromJsonAsync<JsonObject>("/api/v1/me"))!["plan"]!.GetValue<string>();
        }
    }

    [Fact]
    public async Task Owners_get_mail_about_billing_and_advertising_only_if_they_agreed()
    {
        using var team = await Team.CreateAsync(identity, "Letters");
        await team.AddAsync("admin");
        var second = await team.AddAsync("owner");
        var notice = new BillingNoticeRaised(Guid.CreateVersion7(), team.Id, BillingNoticeKinds.LimitNear, new BillingFacts { Used = 8 }, TimeProvider.System.GetUtcNow());
        await identity.Events.PublishAsync(notice);
        var mails = await Eventually.BecomesAsync(
            () => Task.FromResult(identity.Events.Heard<BillingMailRequested>(mail => mail.NoticeId == notice.NoticeId)), heard => heard.Count >= 2);
        mails.Select(mail => mail.Email).ShouldBe([team.Owner.Email, second.Email], ignoreOrder: true);
        mails.ShouldAllBe(mail => mail.WorkspaceName == "Letters" && mail.Facts.Used == 8);

        using var service = identity.Host.CreateInternalClient();
        var contact = await service.GetStringAsync($"/internal/workspaces/{team.Id}/contact");
        contact.ShouldContain(team.Owner.Email);
        (await service.GetAsync($"/internal/workspaces/{Guid.NewGuid()}/contact")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private Task SetPlanAsync(Guid workspace, Entitlements plan, long version) =>
        identity.Events.PublishAsync(new SubscriptionChanged(workspace, plan, version, TimeProvider.System.GetUtcNow()));

    private Task<string> PlanOfAsync(Guid workspace) => identity.QueryAsync<string>("select plan from workspaces where id = @workspace", new { workspace });
}
