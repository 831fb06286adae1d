using LinkShort.Gateway;
using LinkShort.Gateway.ApiKeys;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Redis;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpDefaults();
builder.AddTokenAuthentication();
builder.AddRedisClient("cache");
builder.AddMessaging("messaging", bus =>
{
    ApiKeyRevokedConsumer.Register(bus);
    bus.AddFeatureConsumers();
});
builder.AddFeatures();
builder.AddGateway();

var app = builder.Build();
app.UseGateway();
app.MapGateway();
app.Run();
