using LinkShort.Localization;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Web.Account;
using LinkShort.Web.Administration;
using LinkShort.Web.Announcements;
using LinkShort.Web.Api;
using LinkShort.Web.ApiKeys;
using LinkShort.Web.Confirm;
using LinkShort.Web.Errors;
using LinkShort.Web.Home;
using LinkShort.Web.Layout;
using LinkShort.Web.Links;
using LinkShort.Web.Onboarding;
using LinkShort.Web.Problems;
using LinkShort.Web.QrCodes;
using LinkShort.Web.Security;
using LinkShort.Web.Sessions;
using LinkShort.Web.Settings;
using LinkShort.Web.Sso;
using LinkShort.Web.SupportAccess;
using LinkShort.Web.Viewing;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace LinkShort.Web;

/// <summary>Registers the web app and maps its pages.</summary>
public static class WebExtensions
{
    public static void AddWeb(this WebApplicationBuilder builder)
    {
        var services = builder.Services;

        // Before the default exception handler: users get pages, not JSON.
        services.AddExceptionHandler<ErrorPageHandler>();
        // Also for runs from the build output, not only in development or published.
        builder.WebHost.UseStaticWebAssets();
        services.AddRazorComponents();
        services.AddSingleton<AssetUrls>();
        services.AddScoped<Viewer>();
        services.AddScoped(provider => TextCatalog.Of(typeof(WebExtensions).Assembly).In(provider.GetRequiredService<Viewer>().Language));
        services.AddScoped<Flash>();

        builder.AddInternalKey();
        builder.AddRedisClient("cache");
        builder.AddSharedDataProtection("linkshort-web");
        // PageHeaders sets the frame rules.
        services.AddAntiforgery(options => options.SuppressXFrameOptionsHeader = true);
        services.AddOptions<AntiforgeryOptions>().Configure<IHttpContextAccessor>((options, contexts) => options.Cookie = new HostCookie.Builder("linkshort-form", contexts));

        services.AddSingleton<SessionStore>();
        services.AddScoped<SessionRenewal>();
        services.AddScoped<CurrentSession>();
        services.AddScoped<ViewingRenewal>();
        services.AddSingleton<AnnouncementBoard>();
        services.AddSingleton<SealedNotes>();
        services.AddScoped<SignIns>();
        services.AddSingleton<ConsentOffers>();
        services.AddSingleton<SsoOffers>();
        services.AddScoped<TourProgress>();
        services.AddAuthentication(SessionAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null);
        services.AddAuthorization();
        services.AddScoped<ActiveWorkspace>();
        services.AddScoped<WorkspaceSwitch>();
        services.AddHttpClient<LinkShortApi>(http => http.BaseAddress = new Uri("https+http://gateway"));
    }

    public static void MapWeb(this IEndpointRouteBuilder routes)
    {
        routes.MapGroup(AssetUrls.Root).AllowAnonymous().MapStaticAssets();
        var pages = routes.MapGroup("").ExcludeFromDescription().WithEmptyForms().WithAppFrame();
        pages.MapHome();
        pages.MapLanguage();
        pages.MapAccount();
        pages.MapConfirm();
        pages.MapSso();
        pages.MapSecurity();
        pages.MapSettings();
        pages.MapOnboarding();
        pages.MapLinks();
        pages.MapQrCodes();
        pages.MapApiKeys();
        pages.MapWorkspacePages();
        pages.MapAdministration();
        pages.MapViewing();
        pages.MapAnnouncements();
        pages.MapSupportAccess();
        pages.MapProblemPages();
    }
}
