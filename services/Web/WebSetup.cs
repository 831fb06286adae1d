using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Web.Account;
using LinkShort.Web.Announcements;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Onboarding;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Antiforgery;
using LinkShort.Web.Viewing;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Authentication;

namespace LinkShort.Web;

/// <summary>What the web app is made of besides the defaults of every service.</summary>
public static class WebSetup
{
    public static void AddWeb(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;

        // Before the defaults' handler: people get pages, not JSON.
        services.AddExceptionHandler<ErrorPageHandler>();
        // Run from the build's output too, not only in development or published.
        builder.WebHost.UseStaticWebAssets();
        services.AddRazorComponents();
        services.AddSingleton<AssetUrls>();
        services.AddScoped<Viewer>();
        services.AddScoped<Flash>();

        builder.AddInternalKey();
        builder.AddRedisClient("cache");
        builder.AddSharedDataProtection("linkshort-web");
        // The frame rules are PageHeaders'.
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
        services.AddSingleton<Sso.SsoOffers>();
        services.AddScoped<TourProgress>();
        services.AddAuthentication(SessionAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null);
        services.AddAuthorization();
        services.AddScoped<ActiveWorkspace>();
        services.AddScoped<WorkspaceSwitch>();
        services.AddHttpClient<LinkShortApi>(http => http.BaseAddress = new Uri("https+http://gateway"));
    }
}
