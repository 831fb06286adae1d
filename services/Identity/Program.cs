using LinkShort.Identity;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpDefaults();
builder.AddNpgsqlDataSource("identitydb");
// Before authentication, which adds Data Protection: it reads its keys from a table at startup.
builder.AddMigrations(typeof(Program).Assembly);
builder.AddTokenAuthentication();
builder.AddAuditTrail();
builder.AddMessaging("messaging", bus => bus.AddIdentityConsumers());
builder.AddQueueReadiness();
builder.AddOutbox();
builder.AddIdempotency();
builder.AddIdentity();

var app = builder.Build();
app.UseHttpDefaults();
app.UseTokenAuthentication();
app.UseKnownParameters();
app.MapDefaultEndpoints();
app.MapIdentity();
app.MapParkedMessages();
app.Run();
