using LinkShort.Localization;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Web.Account;
using LinkShort.Web.Administration;
using LinkShort.Web.Announcements;
using LinkShort.Web.Api;
using LinkShort.Web.ApiKeys;
using LinkShort.Web.Billing;
using LinkShort.Web.Commands;
using LinkShort.Web.Confirm;
using LinkShort.Web.Design;
using LinkShort.Web.Errors;
using LinkShort.Web.Home;
using LinkShort.Web.Invitations;
using LinkShort.Web.Layout;
using LinkShort.Web.Legal;
using LinkShort.Web.LinkBuilder;
using LinkShort.Web.Links;
using LinkShort.Web.Onboarding;
using LinkShort.Web.Problems;
using LinkShort.Web.QrCodes;
using LinkShort.Web.Security;
using LinkShort.Web.Sessions;
using LinkShort.Web.Settings;
using LinkShort.Web.Sso;
using LinkShort.Web.Status;
using LinkShort.Web.SupportAccess;
using LinkShort.Web.Viewing;
using LinkShort.Web.WorkspaceAnalytics;
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
        // Otherwise files of a build's output are compressed again for each request, without caching: that serves development servers that watch files.
        builder.WebHost.UseSetting("ReloadStaticAssetsAtRuntime", "false");
        services.AddRazorComponents();
        // Static files were compressed by the build. About compressed pages with secrets in them, see docs/adr/0056.
        services.AddResponseCompression(options => (options.EnableForHttps, options.MimeTypes) = (true, ["text/html"]));
        services.AddSingleton<AssetUrls>();
        builder.AddValidatedOptions<LegalOptions>(LegalOptions.Section);
        services.AddSingleton<LegalTexts>();
        services.AddStatus();
        services.AddScoped<Viewer>();
        services.AddSingleton(new PseudoLanguage(builder.Environment.IsDevelopment()));
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
        services.AddScoped<LinkUndo>();
        services.AddScoped<SignIns>();
        services.AddSingleton<ConsentOffers>();
        services.AddScoped<Registrations>();
        services.AddScoped<Landing>();
        services.AddSingleton<SsoOffers>();
        services.AddSingleton<PlanOffers>();
        services.AddScoped<PlanStanding>();
        services.AddScoped<TourProgress>();
        services.AddScoped<BuilderView>();
        services.AddAuthentication(SessionAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null);
        services.AddAuthorization();
        services.AddScoped<ActiveWorkspace>();
        services.AddScoped<OperatorSearch>();
        services.AddScoped<WorkspaceSwitch>();
        services.AddScoped<CommandList>();
        services.AddHttpClient<LinkShortApi>(http => http.BaseAddress = new Uri("https+http://gateway"));
    }

    public static void MapWeb(this IEndpointRouteBuilder routes)
    {
        AssetUrls.Map(routes);
        var pages = routes.MapGroup("").ExcludeFromDescription().WithEmptyForms().WithAppFrame();
        pages.MapHome();
        pages.MapChoices();
        pages.MapAccount();
        pages.MapConfirm();
        pages.MapSso();
        pages.MapSecurity();
        pages.MapSettings();
        pages.MapOnboarding();
        pages.MapLinks();
        pages.MapLinkBuilder();
        pages.MapQrCodes();
        pages.MapWorkspaceAnalytics();
        pages.MapCommands();
        pages.MapApiKeys();
        pages.MapWorkspacePages();
        pages.MapBilling();
        pages.MapPurchases();
        pages.MapPricing();
        pages.MapAdministration();
        pages.MapViewing();
        pages.MapAnnouncements();
        pages.MapSupportAccess();
        pages.MapProblemPages();
        pages.MapLegal();
        pages.MapStatus();
        pages.MapDesign();
    }
}
