using LinkShort.Links;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddNpgsqlDataSource("linksdb");
builder.AddMigrations(typeof(Program).Assembly);
builder.AddMessaging("messaging", bus => bus.AddConsumer<ClickTotalsConsumer>());
builder.AddQueueReadiness();
builder.AddOutbox();
builder.AddLinks();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapLinks();
app.Run();
