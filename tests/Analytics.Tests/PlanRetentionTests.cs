using System.Globalization;
using LinkShort.Analytics.PlanRetention;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Analytics.Tests;

/// <summary>Plans keep single clicks for different times; the statistics of all of them stay.</summary>
public sealed class PlanRetentionTests(AnalyticsFixture fixture)
{
    private const int Free = 30;

    /// <summary>Not a year: clicks that arrive so late are stored at the time of their arrival.</summary>
    private const int Pro = 200;

    private const string Statistics =
        "select coalesce(string_agg(r::text, E'\n' order by grain, start, link_id), '') from (select grain, start, link_id, clicks, bot_clicks, visitors, dimensions from rollups where workspace_id = $1) r";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clicks_of_expired_months_are_deleted_by_plan_one_month_per_run_and_a_rebuild_keeps_the_statistics()
    {
        await using var service = await fixture.StartAnotherAsync();
        var (free, pro) = (await service.KnownLinkAsync(), await service.KnownLinkAsync());
        DateTimeOffset[] months = [Now.AddDays(-300), Now.AddDays(-150), Now.AddDays(-100)];
        await service.RecordAsync([.. months.Append(Now).SelectMany(at => new[] { Clicks.Of(free, at), Clicks.Of(free, at.AddSeconds(1), visitor: 2), Clicks.Of(pro, at) })]);
        await service.CountedAsync(free.Workspace, free.Link, 8, From(months[0]));
        await service.RolledUpAsync();
        var before = (await StatisticsAsync(free), await StatisticsAsync(pro));
        var expired = service.Services.GetRequiredService<ExpiredClicks>();
        await AgedAsync(service, new RawClickDays(Free, new Dictionary<Guid, int?> { [pro.Workspace] = Pro }));

        // Two replicas at once, then one run per five hours.
        (await Task.WhenAll(expired.DeleteOldestAsync(Cancellation), expired.DeleteOldestAsync(Cancellation))).Sum().ShouldBe(3);
        (await ClicksAsync(service, free)).ShouldBe(6);
        (await ClicksAsync(service, pro)).ShouldBe(3);
        (await expired.DeleteOldestAsync(Cancellation)).ShouldBe(0, "not its turn");
        var deleted = new List<long>();
        for (var run = 0; run < 3; run++)
        {
            await service.RowAsync("update raw_clicks set purged_at = purged_at - interval '6 hours'");
            deleted.Add(await expired.DeleteOldestAsync(Cancellation));
        }

        deleted.ShouldBe([2, 2, 0]);
        (await ClicksAsync(service, free)).ShouldBe(2);
        (await ClicksAsync(service, pro)).ShouldBe(3, "its plan keeps them");

        (await StatisticsAsync(free), await StatisticsAsync(pro)).ShouldBe(before);
        using (var op = service.InternalClient())
        {
            (await op.PostAsync("/internal/rollups/rebuild", null)).EnsureSuccessStatusCode();
        }

        await Eventually.PassesAsync(async () => (await service.RowAsync("select running from rollup_rebuild where id = 1")).ShouldBe(false));
        (await StatisticsAsync(free), await StatisticsAsync(pro)).ShouldBe(before);
        (await service.AnalyticsAsync(free.Workspace, free.Link, From(months[0]))).Totals.Clicks.ShouldBe(8);

        async Task<string> StatisticsAsync((Guid Workspace, Guid Link) link) => (string)(await service.RowAsync(Statistics, link.Workspace))!;
    }

    [Fact]
    public async Task A_longer_plan_counts_at_once_and_a_shorter_one_after_thirty_days()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await service.RecordAsync(Clicks.Of(link, Now.AddDays(-100)), Clicks.Of(link));
        await service.CountedAsync(link.Workspace, link.Link, 2, From(Now.AddDays(-100)));
        var (limits, expired) = (service.Services.GetRequiredService<ClickLimits>(), service.Services.GetRequiredService<ExpiredClicks>());

        // A new limit on an installation that had none deletes nothing for thirty days; nor does a downgrade.
        await limits.UpdateAsync(Of(Free), Now, Cancellation);
        (await DaysAsync()).ShouldBe(730);
        await limits.UpdateAsync(Of(Free), Now.AddDays(29), Cancellation);
        (await DaysAsync()).ShouldBe(730);
        (await expired.DeleteOldestAsync(Cancellation)).ShouldBe(0);
        await limits.UpdateAsync(Of(Free), Now.AddDays(31), Cancellation);
        (await DaysAsync()).ShouldBe(Free);
        await limits.UpdateAsync(Of(Pro), Now.AddDays(32), Cancellation);
        (await DaysAsync()).ShouldBe(Pro);

        // Free for three weeks because of a payment: back on Pro, and the time starts again with the next downgrade.
        await limits.UpdateAsync(Of(Free), Now.AddDays(40), Cancellation);
        await limits.UpdateAsync(Of(Pro), Now.AddDays(61), Cancellation);
        await limits.UpdateAsync(Of(Free), Now.AddDays(62), Cancellation);
        await limits.UpdateAsync(Of(Free), Now.AddDays(80), Cancellation);
        (await DaysAsync()).ShouldBe(Pro);
        (await ClicksAsync(service, link)).ShouldBe(2);

        async Task<int> DaysAsync() => (int)(await service.RowAsync("select days from click_limits where workspace_id = $1", link.Workspace))!;

        RawClickDays Of(int days) => new(Free, new Dictionary<Guid, int?> { [link.Workspace] = days });
    }

    [Fact]
    public async Task A_plan_that_keeps_clicks_longer_than_the_installation_keeps_its_months_from_being_dropped()
    {
        await using var service = await fixture.StartAnotherAsync(("Analytics:RawClickRetention", "31.00:00:00"));
        var (business, other) = (await service.KnownLinkAsync(), await service.KnownLinkAsync());
        var old = Now.AddDays(-100);
        await service.RecordAsync(Clicks.Of(business, old), Clicks.Of(other, old), Clicks.Of(business), Clicks.Of(other));
        await service.CountedAsync(business.Workspace, business.Link, 2, From(old));
        await service.CountedAsync(other.Workspace, other.Link, 2, From(old));
        await AgedAsync(service, new RawClickDays(null, new Dictionary<Guid, int?> { [business.Workspace] = 1_095 }));

        await service.Services.GetRequiredService<Storage.ClickPartitions>().DropOldestAsync(Cancellation);
        await service.Services.GetRequiredService<ExpiredClicks>().DeleteOldestAsync(Cancellation);

        (await ClicksAsync(service, business)).ShouldBe(2);
        (await ClicksAsync(service, other)).ShouldBe(1, "the installation's own retention applies");
    }

    [Fact]
    public async Task Without_limits_without_a_later_click_and_with_a_clock_that_jumped_nothing_is_deleted()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        var old = Now.AddDays(-200);
        await service.RecordAsync(Clicks.Of(link, old));
        await service.CountedAsync(link.Workspace, link.Link, 1, From(old));
        var (limits, expired) = (service.Services.GetRequiredService<ClickLimits>(), service.Services.GetRequiredService<ExpiredClicks>());

        await limits.UpdateAsync(new RawClickDays(null, new Dictionary<Guid, int?>()), Now, Cancellation);
        (await service.RowAsync("select count(*) from click_limits")).ShouldBe(0L);
        await AgedAsync(service, new RawClickDays(Free, new Dictionary<Guid, int?>()));
        (await expired.DeleteOldestAsync(Cancellation)).ShouldBe(0, "no later click proves that the time has passed");

        await service.RecordAsync(Clicks.Of(link));
        await service.CountedAsync(link.Workspace, link.Link, 2, From(old));
        await service.RowAsync("update deletion_clock set seen_at = seen_at - interval '400 days'");
        (await expired.DeleteOldestAsync(Cancellation)).ShouldBe(0, "the clock jumped");
        await service.RowAsync("update deletion_clock set trusted_from = clock_timestamp()");
        (await expired.DeleteOldestAsync(Cancellation)).ShouldBe(1);
    }

    [Fact]
    public async Task Plans_are_read_from_billing_page_by_page_and_nothing_is_assumed_without_its_answer()
    {
        await using var billing = await BillingStandIn.StartAsync();
        await using var service = await fixture.StartAnotherAsync(("services:billing:http:0", billing.Address), ("Http:Resilience:MaxRetries", "0"));
        var source = service.Services.GetRequiredService<RawClickDaysSource>();

        var plans = await source.ReadAsync(Cancellation);
        plans.DefaultDays.ShouldBe(Free);
        plans.ByWorkspace.ShouldBe(BillingStandIn.Workspaces, ignoreOrder: true);

        billing.IsBroken = true;
        await Should.ThrowAsync<Exception>(() => source.ReadAsync(Cancellation));
    }

    /// <summary>Sets the plans as if they had been in force for longer than the delay.</summary>
    private static async Task AgedAsync(AnalyticsUnderTest service, RawClickDays plans)
    {
        var limits = service.Services.GetRequiredService<ClickLimits>();
        await limits.UpdateAsync(plans, Now, Cancellation);
        await service.RowAsync("update click_limits set since = since - interval '31 days'");
        await limits.UpdateAsync(plans, Now, Cancellation);
    }

    private static async Task<long> ClicksAsync(AnalyticsUnderTest service, (Guid Workspace, Guid Link) link) =>
        (long)(await service.RowAsync("select count(*) from clicks where workspace_id = $1", link.Workspace))!;

    private static string From(DateTimeOffset first) => $"?interval=month&from={first.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";

    /// <summary>Two pages.</summary>
    private sealed class BillingStandIn(WebApplication app) : IAsyncDisposable
    {
        private static readonly Guid[] Ids = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];

        public static readonly Dictionary<Guid, int?> Workspaces = new() { [Ids[0]] = Pro, [Ids[1]] = null, [Ids[2]] = 1_095 };

        public bool IsBroken { get; set; }

        public string Address => app.Urls.First();

        public static async Task<BillingStandIn> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var standIn = new BillingStandIn(app);
            app.MapGet("/internal/raw-click-days", (Guid? after, HttpRequest request) =>
                standIn.IsBroken && after is not null ? Results.StatusCode(500)
                : request.Headers["X-Internal-Key"].ToString() != Servers.InternalKey ? Results.StatusCode(401)
                : Results.Json(new
                {
                    defaultDays = Free,
                    workspaces = Ids.Take(after is null ? 2 : 3).Skip(after is null ? 0 : 2).Select(id => new { workspaceId = id, days = Workspaces[id] }),
                    next = after is null ? Ids[1] : (Guid?)null,
                }));
            await app.StartAsync();
            return standIn;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
