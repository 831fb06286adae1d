using System.Net;
using LinkShort.Contracts;
using LinkShort.Links.Quota;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Links.Tests;

/// <summary>The plan's limit of links a month.</summary>
public sealed class QuotaTests(LinksFixture fixture)
{
    private static readonly Entitlements Five = Entitlements.Unlimited with
    {
        Plan = "free", LinksPerMonth = 5, UpgradeTo = new Dictionary<string, string> { [PlanLimits.Links] = "pro" },
    };

    [Fact]
    public async Task Exactly_as_many_links_as_the_plan_has_are_created_by_many_at_once_and_the_rest_wait_for_an_upgrade()
    {
        using var client = fixture.Links.ClientOf();
        await SetPlanAsync(client.Workspace, Five, 1);
        // A taken code is refused before the limit, and doesn't count.
        var taken = (string)(await client.CreatedAsync())["code"]!;
        (await client.CreateAsync(new { url = "https://example.com/", code = taken })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.CreateAsync(new { url = $"https://example.com/{i}" })));

        answers.Count(answer => answer.Status == HttpStatusCode.Created).ShouldBe(4);
        foreach (var refused in answers.Where(answer => answer.Status != HttpStatusCode.Created))
        {
            var problem = refused.ShouldBeProblem(HttpStatusCode.PaymentRequired, "plan-limit-reached");
            ((string?)problem["resource"]).ShouldBe("links");
            ((long?)problem["limit"]).ShouldBe(5);
            ((long?)problem["used"]).ShouldBe(5);
            ((string?)problem["plan"]).ShouldBe("free");
            ((string?)problem["upgradeTo"]).ShouldBe("pro");
            ((string?)problem["upgradeUrl"]).ShouldBe("/pricing");
        }

        (await client.ListAllAsync("")).Count.ShouldBe(5);
        // Deleting doesn't make room: a month's links are counted when they are created.
        var link = (await client.ListAllAsync(""))[0];
        (await client.DeleteAsync(link["id"]!)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await client.CreateAsync(new { url = "https://example.com/" })).Status.ShouldBe(HttpStatusCode.PaymentRequired);
        (await client.DuplicateAsync((await client.ListAllAsync(""))[0]["id"]!)).Status.ShouldBe(HttpStatusCode.PaymentRequired);
        // Over the limit, what exists can be changed.
        (await client.ChangeAsync((await client.ListAllAsync(""))[0]["id"]!, new { title = "still mine" })).Status.ShouldBe(HttpStatusCode.OK);

        await SetPlanAsync(client.Workspace, Five with { Plan = "pro", LinksPerMonth = 6 }, 3);
        // A late event of the smaller plan.
        await SetPlanAsync(client.Workspace, Five, 2, isCurrent: false);
        await client.CreatedAsync();
        (await client.CreateAsync(new { url = "https://example.com/" })).Status.ShouldBe(HttpStatusCode.PaymentRequired);

        // 4 of 5 is 80 %; each threshold once.
        var reached = await fixture.Events.UsageAsync<UsageThresholdReached>(threshold => threshold.WorkspaceId == client.Workspace, 3);
        reached.Select(threshold => (threshold.Percent, threshold.Used, threshold.Allowed)).ShouldBe([(80, 4, 5), (100, 5, 5), (100, 6, 6)], ignoreOrder: true);
        (await fixture.Events.UsageAsync<UsageCounted>(
            usage => usage.WorkspaceId == client.Workspace && usage.Metric == UsageMetrics.LinksCreated && usage.Value == 6, 1)).ShouldHaveSingleItem();
        await fixture.Links.Services.GetRequiredService<ActiveLinkCount>().ReportAsync(TestContext.Current.CancellationToken);
        (await fixture.Events.UsageAsync<UsageCounted>(
            usage => usage.WorkspaceId == client.Workspace && usage.Metric == UsageMetrics.ActiveLinks, 1))[^1].Value.ShouldBe(5);
    }

    [Fact]
    public async Task A_repeated_request_counts_once_and_the_default_plan_applies_to_everybody_else()
    {
        await using var links = await fixture.StartAsync();
        await using var events = await EventTap.StartAsync(links.Messaging);
        using var own = links.ClientOf();
        using var other = links.ClientOf();
        await other.CreatedAsync();
        await events.PublishAsync(new DefaultPlanChanged(Five with { LinksPerMonth = 2 }, 7));
        await events.PublishAsync(new DefaultPlanChanged(Five with { LinksPerMonth = 1 }, 6));
        await events.PublishAsync(new SubscriptionChanged(own.Workspace, Five with { LinksPerMonth = null }, 1, TimeProvider.System.GetUtcNow()));
        await Eventually.BecomesAsync(async () =>
        {
            await using var command = links.Database.CreateCommand("select count(*) from workspace_plans where version = 7 or workspace_id <> '00000000-0000-0000-0000-000000000000'");
            return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }, rows => rows == 2);

        // Created before the plan was known, and counted.
        (await other.CreateAsync(new { url = "https://example.com/" }, "once")).Status.ShouldBe(HttpStatusCode.Created);
        (await other.CreateAsync(new { url = "https://example.com/" }, "once")).Status.ShouldBe(HttpStatusCode.Created);
        (await other.CreateAsync(new { url = "https://example.com/" }, "twice")).Status.ShouldBe(HttpStatusCode.PaymentRequired);
        for (var i = 0; i < 4; i++)
        {
            await own.CreatedAsync();
        }
    }

    private async Task SetPlanAsync(Guid workspace, Entitlements plan, long version, bool isCurrent = true)
    {
        await fixture.Events.PublishAsync(new SubscriptionChanged(workspace, plan, version, TimeProvider.System.GetUtcNow()));
        if (isCurrent)
        {
            await Eventually.BecomesAsync(async () =>
            {
                await using var command = fixture.Links.Database.CreateCommand("select coalesce((select version from workspace_plans where workspace_id = $1), 0)");
                command.Parameters.AddWithValue(workspace);
                return (long)(await command.ExecuteScalarAsync())!;
            }, stored => stored == version);
        }
    }
}
