using LinkShort.ServiceDefaults;
using LinkShort.Web;
using LinkShort.Web.Account;
using LinkShort.Web.ApiKeys;
using LinkShort.Web.Errors;
using LinkShort.Web.Home;
using LinkShort.Web.Layout;
using LinkShort.Web.Links;
using LinkShort.Web.Problems;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;

var builder = WebApplication.CreateBuilder(args);
builder.AddWeb();
builder.AddServiceDefaults();

var app = builder.Build();
app.UsePageHeaders();
app.MapDefaultEndpoints();
app.UseErrorPages();
app.UseForgeryGuard();
app.UseAntiforgery();

app.MapGroup(AssetUrls.Root).AllowAnonymous().MapStaticAssets();
var pages = app.MapGroup("").ExcludeFromDescription().WithAppFrame();
pages.MapHome();
pages.MapAccount();
pages.MapLinks();
pages.MapApiKeys();
pages.MapWorkspacePages();
pages.MapProblemPages();
app.Run();
