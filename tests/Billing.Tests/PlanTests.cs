using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Billing.Grants;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Billing.Tests;

/// <summary>Plans without Stripe: the default one, and those that operators give.</summary>
public sealed class PlanTests(BillingFixture fixture)
{
    [Fact]
    public async Task Without_plans_everything_is_allowed_and_nothing_can_be_bought()
    {
        await using var service = await fixture.StartAsync();
        await using var events = await EventTap.StartAsync(service.Messaging);
        using var owner = service.ClientOf();
        foreach (var path in new[] { "billing/plans", "billing/subscription", "billing/usage" })
        {
            (await owner.GetAsync(path)).ShouldBeProblem(HttpStatusCode.NotFound, "billing-disabled");
        }

        var published = await service.ScalarAsync<string>("select entitlements::text from default_plan");
        published.ShouldContain("\"plan\": \"free\"");
        published.ShouldContain("\"linksPerMonth\": null");

        // An operator can still give a workspace a plan, whose limits then apply to it alone.
        using var op = service.Operator();
        (await op.SendAsync(HttpMethod.Put, $"admin/billing/workspaces/{owner.Workspace}/plan", new { plan = "pro", reason = "limits itself" })).ShouldBeOk();
        var usage = (await owner.GetAsync("billing/usage")).ShouldBeOk();
        ((string?)usage["plan"]).ShouldBe("pro");
        usage["limits"]!.AsArray().ToDictionary(limit => (string)limit!["name"]!, limit => (long?)limit!["allowed"])
            .ShouldBe(new Dictionary<string, long?> { ["links"] = 1_000, ["members"] = 5, ["domains"] = 3 }, ignoreOrder: true);
        (await owner.GetAsync("billing/plans")).ShouldBeProblem(HttpStatusCode.NotFound, "billing-disabled");
    }

    [Fact]
    public async Task The_default_plan_is_published_repeatedly_with_what_it_allows_and_which_plan_has_more()
    {
        await using var service = await fixture.StartAsync(new() { ["Billing:DefaultPlan"] = "free", ["Billing:Plans:free:LinksPerMonth"] = "7" });
        // Published before this queue exists, so this is the repetition of another replica.
        await using var events = await EventTap.StartAsync(service.Messaging);
        await using var replica = new BillingService(service.Settings, fixture.Identity);
        var published = (await events.WaitForAsync<DefaultPlanChanged>(_ => true))[0];
        published.Entitlements.ShouldSatisfyAllConditions(
            plan => plan.Plan.ShouldBe("free"), plan => plan.LinksPerMonth.ShouldBe(7), plan => plan.Members.ShouldBe(1), plan => plan.Sso.ShouldBeFalse(),
            plan => plan.ApiLimitFactor.ShouldBe(1),
            plan => plan.UpgradeTo.ShouldBe(new Dictionary<string, string>
            {
                ["links"] = "pro", ["domains"] = "pro", ["members"] = "pro", ["rawClicks"] = "pro", ["exports"] = "pro", ["scheduledReports"] = "pro",
                ["sso"] = "business", ["auditExport"] = "business", ["apiCalls"] = "business",
            }, ignoreOrder: true));

        // Another limit is a new version of the default plan, and reaches workspaces that have the plan by hand.
        using var op = service.Operator();
        var workspace = Guid.CreateVersion7();
        (await op.SendAsync(HttpMethod.Put, $"admin/billing/workspaces/{workspace}/plan", new { plan = "pro", reason = "a friend" })).ShouldBeOk();
        var before = (await events.PlansOfAsync(workspace))[0];
        await using var changed = new BillingService(new(service.Settings) { ["Billing:Plans:free:LinksPerMonth"] = "8", ["Billing:Plans:pro:Members"] = "" }, fixture.Identity);
        var after = (await events.WaitForAsync<DefaultPlanChanged>(plan => plan.Entitlements.LinksPerMonth == 8))[0];
        after.Version.ShouldBeGreaterThan(published.Version);
        (await events.PlansOfAsync(workspace, 2))[^1].ShouldSatisfyAllConditions(
            plan => plan.Version.ShouldBeGreaterThan(before.Version), plan => plan.Entitlements.Plan.ShouldBe("pro"), plan => plan.Entitlements.Members.ShouldBeNull());
    }

    [Fact]
    public async Task An_operator_gives_a_plan_with_a_reason_and_an_end_and_takes_it_back()
    {
        var by = Guid.CreateVersion7();
        using var op = fixture.Service.Operator(by);
        using var owner = fixture.Service.ClientOf();
        var path = $"admin/billing/workspaces/{owner.Workspace}/plan";
        ((string?)(await owner.GetAsync("billing/subscription")).ShouldBeOk()["plan"]).ShouldBe("free");
        (await op.GetAsync(path)).ShouldBeOk()["grant"].ShouldBeNull();
        (await op.SendAsync(HttpMethod.Delete, path)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");

        var end = TimeProvider.System.GetUtcNow().AddDays(30);
        var given = (await op.SendAsync(HttpMethod.Put, path, new { plan = "business", reason = "Conference sponsor", endsAt = end })).ShouldBeOk();
        ((string?)given["plan"]).ShouldBe("business");
        ((string?)given["source"]).ShouldBe("grant");
        ((string?)given["grant"]!["grantedBy"]).ShouldBe(by.ToString());

        var first = (await fixture.Events.PlansOfAsync(owner.Workspace)).ShouldHaveSingleItem();
        first.Entitlements.ShouldSatisfyAllConditions(
            plan => plan.Plan.ShouldBe("business"), plan => plan.LinksPerMonth.ShouldBe(50_000), plan => plan.ApiLimitFactor.ShouldBe(10), plan => plan.Sso.ShouldBeTrue());
        var notice = (await fixture.Events.NoticesOfAsync(owner.Workspace, BillingNoticeKinds.PlanGranted)).ShouldHaveSingleItem();
        notice.Facts.ShouldBe(new BillingFacts { Plan = "Business", Day = DateOnly.FromDateTime(end.UtcDateTime) });
        var granted = (await fixture.Events.AuditOfAsync(owner.Workspace, "subscription.granted")).ShouldHaveSingleItem();
        granted.ActorId.ShouldBe(by);
        granted.After!.ShouldContain("Conference sponsor");
        (await fixture.Events.AuditOfAsync(owner.Workspace, "subscription.planChanged")).ShouldHaveSingleItem().After!.ShouldContain("\"operator\"");
        var subscription = (await owner.GetAsync("billing/subscription")).ShouldBeOk();
        ((string?)subscription["name"]).ShouldBe("Business");
        subscription["endsAt"].ShouldNotBeNull();

        // The same plan again: another reason, but nothing to publish.
        (await op.SendAsync(HttpMethod.Put, path, new { plan = "business", reason = "Sponsor for good" })).ShouldBeOk()["grant"]!["endsAt"].ShouldBeNull();
        (await op.SendAsync(HttpMethod.Delete, path)).ShouldBeOk();
        var both = await fixture.Events.PlansOfAsync(owner.Workspace, 2);
        both.Select(plan => plan.Entitlements.Plan).ShouldBe(["business", "free"]);
        both[1].Version.ShouldBeGreaterThan(both[0].Version);
        ((string?)(await owner.GetAsync("billing/subscription")).ShouldBeOk()["source"]).ShouldBe("default");
    }

    [Fact]
    public async Task Services_read_how_long_each_plan_keeps_single_clicks()
    {
        await using var service = await fixture.StartAsync(new() { ["Billing:DefaultPlan"] = "free", ["Billing:Plans:business:RawClickDays"] = "" });
        using var op = service.Operator();
        var (pro, business, former) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        foreach (var (workspace, plan) in new[] { (pro, "pro"), (business, "business"), (former, "pro") })
        {
            (await op.SendAsync(HttpMethod.Put, $"admin/billing/workspaces/{workspace}/plan", new { plan, reason = "a friend" })).ShouldBeOk();
        }

        (await op.SendAsync(HttpMethod.Delete, $"admin/billing/workspaces/{former}/plan")).ShouldBeOk();

        using var inside = service.Internal();
        var days = (await inside.GetFromJsonAsync<JsonObject>("/internal/raw-click-days"))!;
        ((int?)days["defaultDays"]).ShouldBe(30);
        days["next"].ShouldBeNull();
        days["workspaces"]!.AsArray().ToDictionary(each => (Guid)each!["workspaceId"]!, each => (int?)each!["days"])
            .ShouldBe(new Dictionary<Guid, int?> { [pro] = 365, [business] = null }, ignoreOrder: true);
        // Ids of the same millisecond are in no order.
        var last = new[] { pro, business }.Max();
        ((JsonArray)(await inside.GetFromJsonAsync<JsonObject>($"/internal/raw-click-days?after={last}"))!["workspaces"]!).ShouldBeEmpty();
        using var outside = service.Anonymous();
        (await outside.GetAsync("/internal/raw-click-days")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_plan_given_by_hand_ends_by_itself()
    {
        using var op = fixture.Service.Operator();
        using var owner = fixture.Service.ClientOf();
        (await op.SendAsync(
            HttpMethod.Put, $"admin/billing/workspaces/{owner.Workspace}/plan", new { plan = "pro", reason = "a trial", endsAt = TimeProvider.System.GetUtcNow().AddMinutes(5) })).ShouldBeOk();
        await fixture.Service.ExecuteAsync("update plan_grants set ends_at = now() - interval '1 second' where workspace_id = $1", owner.Workspace);

        await fixture.Service.Services.GetRequiredService<GrantExpiry>().EndDueAsync(TestContext.Current.CancellationToken);

        (await fixture.Events.PlansOfAsync(owner.Workspace, 2))[^1].Entitlements.Plan.ShouldBe("free");
        (await fixture.Events.AuditOfAsync(owner.Workspace, "subscription.grantEnded")).ShouldHaveSingleItem().ActorKind.ShouldBe("system");
    }

    [Fact]
    public async Task Bad_grants_change_nothing_and_name_the_field()
    {
        using var op = fixture.Service.Operator();
        var workspace = Guid.CreateVersion7();
        var path = $"admin/billing/workspaces/{workspace}/plan";
        (await op.SendAsync(HttpMethod.Put, path, new { plan = "gold", reason = " ", endsAt = "2020-01-01T00:00:00Z" })).ShouldRefuse("plan", "reason", "endsAt");
        (await op.SendAsync(HttpMethod.Put, path, new { plan = "pro", reason = new string('x', 501) })).ShouldRefuse("reason");
        (await op.SendAsync(HttpMethod.Put, path, new { plan = "pro", reason = "a\nb" })).ShouldRefuse("reason");
        (await op.SendAsync(HttpMethod.Put, path, new { plan = "pro" })).ShouldRefuse("reason");
        using var weak = fixture.Service.ClientOf();
        (await weak.SendAsync(HttpMethod.Put, path, new { plan = "pro", reason = "mine" })).Status.ShouldBe(HttpStatusCode.Forbidden);

        (await fixture.Service.ScalarAsync<long>("select count(*) from plan_grants where workspace_id = $1", workspace)).ShouldBe(0);
    }

    [Fact]
    public async Task A_workspace_that_does_not_exist_gets_no_plan_and_without_identity_nobody_does()
    {
        await using var identity = await TokenIssuer.StartAsync();
        identity.Contact = _ => null;
        var settings = await fixture.Servers.SettingsAsync("billingdb", identity);
        await using var service = new BillingService(settings, identity);
        using var op = service.Operator();
        var path = $"admin/billing/workspaces/{Guid.CreateVersion7()}/plan";
        (await op.SendAsync(HttpMethod.Put, path, new { plan = "pro", reason = "a friend" })).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        (await op.GetAsync(path)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");

        await identity.DisposeAsync();
        (await op.SendAsync(HttpMethod.Put, path, new { plan = "pro", reason = "a friend" })).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
    }
}
