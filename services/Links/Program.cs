using LinkShort.Links;
using LinkShort.Links.EraseWorkspace;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Erasure;
using LinkShort.ServiceDefaults.Messaging;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddNpgsqlDataSource("linksdb");
builder.AddMigrations(typeof(Program).Assembly);
builder.AddMessaging("messaging", bus =>
{
    bus.AddConsumer<ClickTotalsConsumer>();
    bus.AddConsumer<WorkspaceErasedConsumer>();
});
builder.AddQueueReadiness();
builder.AddOutbox();
builder.AddLinks();
builder.AddWorkspaceErasure<LinkEraser>();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapLinks();
app.Run();
