using LinkShort.Links;
using LinkShort.Links.EraseWorkspace;
using LinkShort.Links.Privacy;
using LinkShort.Links.Safety;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Plans;
using LinkShort.ServiceDefaults.Privacy;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpDefaults();
builder.AddTokenAuthentication();
builder.AddNpgsqlDataSource("linksdb");
builder.AddMigrations(typeof(Program).Assembly);
builder.AddAuditTrail();
builder.AddMessaging("messaging", bus =>
{
    bus.AddConsumer<ClickTotalsConsumer>();
    bus.AddConsumer<ClickLimitsReachedConsumer>();
    bus.AddConsumer<WorkspaceErasedConsumer>();
    bus.AddConsumer<WorkspaceSuspensionChangedConsumer>();
    bus.AddPlanConsumers();
    bus.AddPersonalDataConsumers();
    bus.AddFeatureConsumers();
});
builder.AddQueueReadiness();
builder.AddFeatures();
builder.AddOutbox();
builder.AddLinks();
builder.AddWorkspaceErasure<LinkEraser>();
builder.Services.AddSingleton<IErasureStep, WorkspaceLinks>();
builder.AddPersonalData(PersonalData.Map);

var app = builder.Build();
app.UseHttpDefaults();
app.UseTokenAuthentication();
app.UseKnownParameters();
app.MapDefaultEndpoints();
app.MapLinks();
app.MapPersonalData();
app.MapParkedMessages();
app.Run();
