using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTokenAuthentication();

var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();
