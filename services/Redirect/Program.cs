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
// Without an OpenAPI document: visitors reach this port, and its endpoints for operators are internal.
app.UseProblems();
app.UseTokenAuthentication();
app.MapDefaultEndpoints(showsDetails: context => context.RequestServices.GetRequiredService<InternalKey>().IsTrustedProxy(context.Request));
app.MapRedirect();
app.MapParkedMessages();
app.Run();
