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
            // Bytes for bytes, as towards the services.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        // Requests are handed on from the thread that read them, and answers from the one that read those: nothing here blocks one.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        // A line for each forwarded request would name every followed link and its query, and cost more than forwarding it.
        builder.Logging.AddFilter("Yarp", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // For this category, which says nothing at Warning, the host makes an Activity of each request even when nobody collects
        // traces, and HttpClient another one of each forwarded request. With a collector they are made all the same.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        builder.Services.AddSingleton(RateLimitOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<RateLimitTelemetry>();
        builder.Services.AddSingleton<SharedStore>();
        builder.Services.AddSingleton<SharedLimiter>();
        builder.Services.AddSingleton<LocalLimiter>();
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
        builder.Services.AddSingleton<PublicDocument>();
    }

    /// <summary>What every answer passes, in this order. Tokens, keys and limits belong to the rows that need them: see <see cref="MapGateway"/>.</summary>
    public static void UseGateway(this WebApplication app)
    {
        // The host adds these two by itself in front of everything, for each followed link too, unless they are marked as there.
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
        // The gateway opens nothing by letting everybody through: each service checks the token itself, and no service trusts a header.
        var open = app.MapGroup("").AllowAnonymous();
        var forwarding = app.Services.GetRequiredService<ServiceForwarder>();
        foreach (var route in RouteTable.All)
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
        open.MapMethods("/health", ["GET", "HEAD"], (RequestDelegate)health.AnswerAsync).DisableHttpMetrics();
        open.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") }).DisableHttpMetrics();

        open.MapMethods(SecurityTxt.Path, ["GET", "HEAD"], (RequestDelegate)SecurityTxt.AnswerAsync);

        var document = app.Services.GetRequiredService<PublicDocument>();
        open.MapGet("/api/v1/openapi.json", app.AsApiCall(LimitPolicy.ApiCall, document.AnswerJsonAsync));
        open.MapGet("/api/docs", (RequestDelegate)document.AnswerPageAsync).WithMetadata(OwnPage.Metadata);
        open.MapGet(FailurePage.Stylesheet, (RequestDelegate)Stylesheet.AnswerAsync).WithMetadata(OwnPage.Metadata);

        open.Map("/api/v1/{**rest}", app.AsApiCall(LimitPolicy.ApiCall, NotFoundAsync));
        foreach (var closed in new[] { "/api/{**rest}", "/internal/{**rest}", "/openapi/{**rest}", "/health/{**rest}", "/alive/{**rest}" })
        {
            open.Map(closed, NotFoundAsync);
        }
    }

    /// <summary>API key → token, then the limit of its user, then the refusal of a key that is none.</summary>
    private static RequestDelegate AsApiCall(this WebApplication app, LimitPolicy policy, RequestDelegate next) =>
        app.Services.GetRequiredService<ApiKeyCredentials>().Exchange(
            app.Services.GetRequiredService<RateLimiter>().Enforce(policy, ApiKeyCredentials.Refuse(next)));

    private static Task NotFoundAsync(HttpContext context) =>
        Problems.NotFound.Result("There is nothing at this URL.").ExecuteAsync(context);
}
