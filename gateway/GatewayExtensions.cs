using System.Text;
using LinkShort.Contracts;
using LinkShort.Gateway.ApiKeys;
using LinkShort.Gateway.Forwarding;
using LinkShort.Gateway.Headers;
using LinkShort.Gateway.Health;
using LinkShort.Gateway.OpenApi;
using LinkShort.Gateway.RateLimiting;
using LinkShort.Gateway.Routing;
using LinkShort.Gateway.SharedState;
using LinkShort.Gateway.WellKnown;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace LinkShort.Gateway;

internal static class GatewayExtensions
{
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        builder.AddConnectionLimits();
        builder.AddValidatedOptions<StrictTransportOptions>(StrictTransportOptions.Section);
        builder.AddValidatedOptions<OtherOriginsOptions>(OtherOriginsOptions.Section);
        builder.AddValidatedOptions<SecurityTxtOptions>(SecurityTxtOptions.Section);
        builder.Services.AddCors();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Byte for byte, as between gateway and services.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        // A line per forwarded request would log every followed link with its query, and cost more than forwarding it.
        builder.Logging.AddFilter("Yarp", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // While this category, which logs nothing at Warning, is enabled, the host creates an Activity per request even if no
        // collector is configured, and HttpClient another one per forwarded request. With a collector they are created anyway.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        builder.Services.AddSingleton(RateLimitOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<RateLimitTelemetry>();
        builder.Services.AddSingleton<SharedStore>();
        builder.Services.AddSingleton<SharedLimiter>();
        builder.Services.AddSingleton<LocalLimiter>();
        builder.Services.AddSingleton<ApiCallCounter>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ApiCallCounter>());
        builder.Services.AddSingleton<RateLimiter>();

        builder.Services.AddSingleton<ExchangedTokens>();
        builder.Services.AddSingleton<ApiKeyExchange>();
        builder.Services.AddSingleton<ApiKeyCredentials>();

        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<ForwardingTelemetry>();
        builder.Services.AddSingleton<Upstreams>();
        builder.Services.AddSingleton<ForwardedRequest>();
        builder.Services.AddSingleton<ServiceForwarder>();

        builder.Services.AddSingleton<ServiceHealth>();
    }

    /// <summary>The middleware of every request, in this order. Tokens, keys and limits depend on the route: see <see cref="MapGateway"/>.</summary>
    public static void UseGateway(this WebApplication app)
    {
        // The host would add these two in front of everything, for each followed link too, unless they are marked as added.
        var properties = ((IApplicationBuilder)app).Properties;
        properties["__AuthenticationMiddlewareSet"] = true;
        properties["__AuthorizationMiddlewareSet"] = true;

        SecurityHeaders.Use(app);
        app.UseProblems();
        app.UsePlainRequests();
        app.UseClientHeaders();
        app.UseOtherOrigins();
    }

    public static void MapGateway(this WebApplication app)
    {
        // Anonymous access is safe here: each service checks the token itself, and no service trusts a header.
        var open = app.MapGroup("").AllowAnonymous();
        var forwarding = app.Services.GetRequiredService<ServiceForwarder>();
        foreach (var route in ServiceRoutes.All)
        {
            var forward = forwarding.To(route);
            var handler = BodyLimit.Enforce(route, route.Surface switch
            {
                Surface.Api => app.AsApiCall(route.Limit, forward),
                Surface.ShortLink => context => ClosedPaths.Contains(context.Request.Path.Value!) ? NotFoundAsync(context) : forward(context),
                _ => forward,
            });
            var endpoint = route.Methods.Length == 0 ? open.Map(route.Pattern, handler) : open.MapMethods(route.Pattern, route.Methods, handler);
            endpoint.WithMetadata(route);
        }

        var health = app.Services.GetRequiredService<ServiceHealth>();
        open.MapMethods("/health", OwnPage.Methods, (RequestDelegate)health.AnswerAsync).DisableHttpMetrics();
        open.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") }).DisableHttpMetrics();

        open.MapMethods(SecurityTxt.Path, OwnPage.Methods, (RequestDelegate)SecurityTxt.AnswerAsync);

        open.MapMethods(PublicDocument.Path, OwnPage.Methods, app.AsApiCall(LimitPolicy.ApiCall, PublicDocument.AnswerAsync));
        open.MapReference();
        open.MapStylesheets();

        open.Map("/api/v1/{**rest}", app.AsApiCall(LimitPolicy.ApiCall, NotFoundAsync));
        foreach (var closed in new[] { "/api/{**rest}", "/internal/{**rest}", "/openapi/{**rest}", "/health/{**rest}", "/alive/{**rest}" })
        {
            open.Map(closed, NotFoundAsync);
        }
    }

    /// <summary>Exchanges an API key for a token, then counts the call for its user, then refuses invalid keys.</summary>
    private static RequestDelegate AsApiCall(this WebApplication app, LimitPolicy policy, RequestDelegate next) =>
        app.Services.GetRequiredService<ApiKeyCredentials>().Exchange(
            app.Services.GetRequiredService<RateLimiter>().Enforce(policy, ApiKeyCredentials.Refuse(next)));

    private static Task NotFoundAsync(HttpContext context) =>
        Problems.NotFound.Result(GatewayTexts.Of("gateway.nothingHere")).ExecuteAsync(context);
}
