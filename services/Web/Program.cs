using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Web;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;

var builder = WebApplication.CreateBuilder(args);
builder.AddWeb();
builder.AddServiceDefaults();
builder.AddHttpDefaults();

var app = builder.Build();
app.UsePageHeaders();
app.UseResponseCompression();
app.UseHttpDefaults();
app.UseClientAddress();
app.UseAuthentication();
app.UseAuthorization();
app.MapDefaultEndpoints();
app.UseErrorPages();
app.UseForgeryGuard();
app.UseAntiforgery();

app.MapWeb();
app.Run();
