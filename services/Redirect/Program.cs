using LinkShort.Redirect;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddRedirect();
builder.AddFeatures();

var app = builder.Build();
app.UseRedirects();
app.MapDefaultEndpoints();
app.MapWellKnown();
app.MapReadModel();
app.Run();
