using LinkShort.Analytics.KnownLinks;
using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Analytics.RecordClicks;
using LinkShort.Analytics.Rollups;
using LinkShort.Analytics.Storage;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Analytics;

public static class AnalyticsServices
{
    /// <summary>Add it after the migrations and before the bus: clicks need their tables, and batches somewhere to go until the bus has stopped.</summary>
    public static void AddAnalytics(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddValidatedOptions<AnalyticsOptions>(AnalyticsOptions.Section);
        builder.Services.AddSingleton<AnalyticsMetrics>();
        builder.Services.AddSingleton<ClickPartitions>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ClickPartitions>());
        builder.Services.AddSingleton<ClickStore>();
        builder.Services.AddSingleton<ClickWriter>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ClickWriter>());
        builder.Services.AddSingleton<RollupSignal>();
        builder.Services.AddSingleton<RollupRebuild>();
        builder.Services.AddHostedService<Roller>();
        builder.Services.AddSingleton<LinkDirectory>();
        builder.Services.AddSingleton<RollupReader>();
        builder.AddPersonalData(PersonalData.Map);
        builder.Services.AddHttpClient(LinkDirectory.LinksClient, client => client.BaseAddress = new Uri("https+http://links"));
    }
}
