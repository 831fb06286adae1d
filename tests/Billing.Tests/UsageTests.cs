using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Billing.Tests;

public sealed class UsageTests(BillingFixture fixture)
{
    private static readonly DateOnly Month = new(TimeProvider.System.GetUtcNow().Year, TimeProvider.System.GetUtcNow().Month, 1);

    [Fact]
    public async Task Usage_is_the_latest_total_of_each_metric_and_month_in_any_order_and_however_often()
    {
        using var owner = fixture.Service.ClientOf();
        var repeated = Guid.CreateVersion7();
        await CountAsync(UsageMetrics.LinksCreated, Month, 40, 40, repeated);
        await CountAsync(UsageMetrics.LinksCreated, Month, 40, 40, repeated);
        await CountAsync(UsageMetrics.LinksCreated, Month, 39, 39);
        await CountAsync(UsageMetrics.Members, Month, 3, 1);
        await CountAsync(UsageMetrics.Clicks, Month.AddMonths(-12), 1_000_000, 7);
        await CountAsync(UsageMetrics.Clicks, Month.AddMonths(-13), 5, 7);
        var batch = new ApiCallsCounted(Guid.CreateVersion7(), Month, [new WorkspaceCalls(owner.Workspace, 5), new WorkspaceCalls(Guid.CreateVersion7(), 1)]);
        await fixture.Events.PublishAsync(batch, batch.BatchId);
        await fixture.Events.PublishAsync(batch, batch.BatchId);
        await fixture.Events.PublishAsync(batch with { Workspaces = [new WorkspaceCalls(owner.Workspace, 7)] });

        await Eventually.PassesAsync(async () =>
        {
            var usage = (await owner.GetAsync("billing/usage")).ShouldBeOk();
            var history = usage["history"]!.AsArray();
            history.Count.ShouldBe(13);
            ((string?)history[0]!["month"]).ShouldBe(Month.ToString("yyyy-MM-dd", null));
            ((long)history[0]!["linksCreated"]!).ShouldBe(40);
            ((long)history[0]!["apiCalls"]!).ShouldBe(12);
            ((long)history[12]!["clicks"]!).ShouldBe(1_000_000);
            var limits = usage["limits"]!.AsArray().ToDictionary(limit => (string)limit!["name"]!);
            ((int)limits["links"]!["percent"]!).ShouldBe(80);
            ((string?)limits["links"]!["upgradeTo"]).ShouldBe("pro");
            // More members than the plan has: since a change to a smaller one.
            ((int)limits["members"]!["percent"]!).ShouldBe(300);
        });

        using var stranger = fixture.Service.ClientOf();
        ((long)(await stranger.GetAsync("billing/usage")).ShouldBeOk()["history"]![0]!["linksCreated"]!).ShouldBe(0);

        Task CountAsync(string metric, DateOnly month, long value, long version, Guid? id = null) =>
            fixture.Events.PublishAsync(new UsageCounted(owner.Workspace, metric, month, value, version), id);
    }

    [Fact]
    public async Task Owners_are_informed_at_80_and_100_percent()
    {
        var workspace = Guid.CreateVersion7();
        var near = new UsageThresholdReached(Guid.CreateVersion7(), workspace, PlanLimits.Links, Month, 80, 40, 50, "free", TimeProvider.System.GetUtcNow());
        await fixture.Events.PublishAsync(near);
        await fixture.Events.PublishAsync(near with { NoticeId = Guid.CreateVersion7(), Percent = 100, Used = 50 });

        var first = (await fixture.Events.NoticesOfAsync(workspace, BillingNoticeKinds.LimitNear)).ShouldHaveSingleItem();
        first.NoticeId.ShouldBe(near.NoticeId);
        first.Facts.ShouldBe(new BillingFacts { Limit = "links", Used = 40, Allowed = 50 });
        (await fixture.Events.NoticesOfAsync(workspace, BillingNoticeKinds.LimitReached)).ShouldHaveSingleItem().Facts.Used.ShouldBe(50);
    }
}
