using LinkShort.Analytics.KnownLinks;
using LinkShort.Analytics.PlanRetention;
using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Analytics.RecordClicks;
using LinkShort.Analytics.Rollups;
using LinkShort.Analytics.Storage;
using LinkShort.Analytics.Usage;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace LinkShort.Analytics;

public static class AnalyticsExtensions
{
    private static readonly Backlog Unrolled = new(
        "rollups",
        """
        select coalesce(sum(clicks), 0), min(received_at), (select count(*) from unrolled_batches where parked_at is not null)
        from (select clicks, received_at from unrolled_batches where parked_at is null order by position limit @Most) waiting
        """,
        ("One click waits to be counted in the statistics", "clicks wait to be counted in the statistics"),
        ("One batch of clicks is parked and not in the statistics: rebuild the rollups to count it",
            "batches of clicks are parked and not in the statistics: rebuild the rollups to count them"));

    /// <summary>Call it after the migrations, which create its tables, and before messaging: the writer must stop after the bus.</summary>
    public static void AddAnalytics(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<AnalyticsOptions>(AnalyticsOptions.Section);
        builder.Services.AddSingleton<AnalyticsMetrics>();
        builder.Services.AddSingleton<ClickLimits>();
        builder.Services.AddSingleton<RawClickDaysSource>();
        builder.Services.AddSingleton<ExpiredClicks>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ExpiredClicks>());
        builder.Services.AddSingleton<ClickPartitions>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ClickPartitions>());
        builder.Services.AddSingleton<ClickStore>();
        builder.Services.AddSingleton<ClickWriter>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ClickWriter>());
        builder.Services.AddSingleton<RollupSignal>();
        builder.Services.AddSingleton<RollupRebuild>();
        builder.Services.AddHostedService<Roller>();
        builder.AddBacklog(Unrolled, services => services.GetRequiredService<IOptions<AnalyticsOptions>>().Value.RollupsDegradedAfter);
        builder.Services.AddSingleton<ClickUsageReport>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ClickUsageReport>());
        builder.Services.AddSingleton<LinkDirectory>();
        builder.Services.AddSingleton<RollupReader>();
        builder.AddPersonalData(PersonalData.Map);
        builder.Services.AddHttpClient(LinkDirectory.LinksClient, client => client.BaseAddress = new Uri("https+http://links"));
        builder.Services.AddHttpClient(RawClickDaysSource.BillingClient, client => client.BaseAddress = new Uri("https+http://billing"));
    }

    public static void MapAnalytics(this IEndpointRouteBuilder routes)
    {
        routes.MapReadAnalytics();
        routes.MapRebuildRollups();
    }
}
