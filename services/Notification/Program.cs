using LinkShort.Notification;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpDefaults();
builder.AddTokenAuthentication();
builder.AddNpgsqlDataSource("notificationdb");
builder.AddMigrations(typeof(Program).Assembly);
builder.AddAuditTrail();
builder.AddNotification();
builder.AddMessaging("messaging", bus =>
{
    bus.AddNotificationConsumers();
    bus.AddPersonalDataConsumers();
    bus.AddFeatureConsumers();
});
builder.AddQueueReadiness();
builder.AddFeatures();
builder.AddOutbox();

var app = builder.Build();
app.UseHttpDefaults();
app.UseTokenAuthentication();
app.MapDefaultEndpoints();
app.MapPersonalData();
app.MapParkedMessages();
app.Run();
