using LinkShort.Redirect;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddRedirect();

var app = builder.Build();
app.UseRedirects();
app.MapDefaultEndpoints();
app.MapWellKnown();
app.Run();
