using LinkShort.Identity;
using LinkShort.Identity.Administration;
using LinkShort.Identity.AuditLog;
using LinkShort.Identity.Privacy.Erasure;
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
// Before authentication, which brings Data Protection: that reads its keys at the start, and they rest in a table.
builder.AddMigrations(typeof(Program).Assembly);
builder.AddTokenAuthentication();
builder.AddAuditTrail();
builder.AddMessaging("messaging", bus =>
{
    bus.AddConsumer<AuditRecordedConsumer>();
    bus.AddPrivacyConsumers();
    bus.AddAdministrationConsumers();
});
builder.AddQueueReadiness();
builder.AddOutbox();
builder.AddIdempotency();
builder.AddAccounts();
builder.AddAuditLog();
builder.AddPrivacy();
builder.AddAdministration();

var app = builder.Build();
app.UseHttpDefaults();
app.UseTokenAuthentication();
app.MapDefaultEndpoints();
app.MapAccounts();
app.MapAuditLog();
app.MapPrivacy();
app.MapAdministration();
app.MapParkedMessages();
app.Run();
