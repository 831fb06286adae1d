using LinkShort.Billing;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpDefaults();
builder.AddTokenAuthentication();
builder.AddNpgsqlDataSource("billingdb");
builder.AddMigrations(typeof(Program).Assembly);
builder.AddAuditTrail();
builder.AddBilling();
builder.AddMessaging("messaging", bus =>
{
    bus.AddBillingConsumers();
    bus.AddPersonalDataConsumers();
});
builder.AddQueueReadiness();
builder.AddOutbox();

var app = builder.Build();
app.UseHttpDefaults();
app.UseTokenAuthentication();
app.UseKnownParameters();
app.MapDefaultEndpoints();
app.MapBilling();
app.MapPersonalData();
app.MapParkedMessages();
app.Run();
