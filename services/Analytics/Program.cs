using LinkShort.Analytics;
using LinkShort.Analytics.EraseWorkspace;
using LinkShort.Analytics.KnownLinks;
using LinkShort.Analytics.RecordClicks;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;
using MassTransit;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpDefaults();
builder.AddTokenAuthentication();
builder.AddNpgsqlDataSource("analyticsdb");
builder.AddMigrations(typeof(Program).Assembly);
builder.AddAuditTrail();
builder.AddAnalytics();
builder.AddWorkspaceErasure<ClickEraser>();
builder.AddMessaging("messaging", bus =>
{
    bus.AddConsumer<ClicksRecordedConsumer, ClicksRecordedConsumerDefinition>();
    bus.AddConsumer<LinkChangedConsumer>();
    bus.AddConsumer<LinkRemovedConsumer>();
    bus.AddConsumer<WorkspaceErasedConsumer>();
    bus.AddPersonalDataConsumers();
    bus.AddFeatureConsumers();
});
builder.AddQueueReadiness();
builder.AddFeatures();
builder.AddOutbox();

var app = builder.Build();
app.UseHttpDefaults();
app.UseTokenAuthentication();
app.UseKnownParameters();
app.MapDefaultEndpoints();
app.MapAnalytics();
app.MapPersonalData();
app.MapParkedMessages();
app.Run();
