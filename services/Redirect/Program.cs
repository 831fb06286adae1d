using LinkShort.Redirect;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddHttpDefaults();
builder.AddTokenAuthentication();
builder.AddRedirect();
builder.AddFeatures();

var app = builder.Build();
app.UseRedirects();
app.UseHttpDefaults();
app.UseTokenAuthentication();
app.MapDefaultEndpoints();
app.MapRedirect();
app.MapParkedMessages();
app.Run();
