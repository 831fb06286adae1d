using LinkShort.Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.ServiceDefaults.Auth;

public static class AuthenticationExtensions
{
    /// <summary>
    /// Adds the secret that services share, and with it the visitor's own address behind the gateway. <see cref="AddTokenAuthentication"/>
    /// includes it; web, where visitors have sessions instead of tokens, adds it alone.
    /// </summary>
    public static TBuilder AddInternalKey<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddValidatedOptions<InternalKeyOptions>(InternalKeyOptions.Section);
        builder.Services.AddSingleton<InternalKey>();
        builder.AddClientAddress();
        builder.Services.AddHttpContextAccessor();
        return builder;
    }

    /// <summary>
    /// Validates access tokens against identity's published keys (ES256 only), refuses revoked ones
    /// (<see cref="RevokedAccess"/>), adds a policy per row of <see cref="Permissions"/>, the internal-key scheme for
    /// <c>/internal</c> endpoints, and <see cref="CurrentUser"/> and <see cref="CurrentWorkspace"/> for handlers.
    /// Endpoints without a policy of their own need a signed-in caller.
    /// </summary>
    public static TBuilder AddTokenAuthentication<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddInternalKey();
        builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, RefusalLog>();
        builder.Services.AddSingleton<SealedText>();
        builder.Services.AddScoped(services => CurrentUser.From(services));
        builder.Services.AddScoped(services => new CurrentWorkspace(services.GetRequiredService<CurrentUser>().WorkspaceId));

        builder.Services.AddHttpClient(SigningKeySource.HttpClientName);
        builder.Services.AddSingleton<IConfigurationManager<OpenIdConnectConfiguration>>(services =>
            new SigningKeySource(services.GetRequiredService<IHttpClientFactory>(), services.GetRequiredService<TimeProvider>()));

        builder.Services.AddHttpClient(IdentityClient.HttpClientName);
        builder.Services.AddSingleton<IdentityClient>();
        builder.Services.AddSingleton<IRevocationSource, IdentityRevocations>();
        builder.Services.TryAddSingleton<RevokedAccess>();
        builder.Services.AddSingleton<RevocationFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RevocationFeed>());

        builder.Services
            .AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer()
            .AddScheme<AuthenticationSchemeOptions, InternalKeyHandler>(InternalKey.Scheme, null);
        builder.Services
            .AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<IConfigurationManager<OpenIdConnectConfiguration>, RevokedAccess, RevocationFeed>(ConfigureTokens);
        builder.Services.AddPolicies();
        return builder;
    }

    /// <summary>
    /// Adds the middleware for the visitor's address, authentication and authorization. Call it after the middleware that writes problem
    /// details: otherwise the host puts authentication in front of that one, and a 401 has no body.
    /// </summary>
    public static void UseTokenAuthentication(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseClientAddress();
        app.UseAuthentication();
        app.UseViewingAccess();
        app.UseAuthorization();
    }

    private static void ConfigureTokens(
        JwtBearerOptions options, IConfigurationManager<OpenIdConnectConfiguration> keys, RevokedAccess revoked, RevocationFeed feed)
    {
        options.MapInboundClaims = false;
        options.ConfigurationManager = keys;
        options.Events = new JwtBearerEvents
        {
            OnMessageReceived = context => keys is SigningKeySource source
                ? source.PrepareForAsync(context.Request.Headers.Authorization.ToString(), context.HttpContext.RequestAborted)
                : Task.CompletedTask,
            OnTokenValidated = async context =>
            {
                RequireOneUserAndWorkspace(context);
                await feed.EnsureLoadedAsync(context.HttpContext.RequestAborted);
                if (context.Result is null && revoked.IsRevoked(context.Principal!))
                {
                    context.Fail("The token was revoked, or lacks the claims needed to check that.");
                }
            },
        };
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = Tokens.Issuer,
            ValidAudience = Tokens.Audience,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            NameClaimType = Tokens.Claims.Subject,
            RoleClaimType = Tokens.Claims.Role,
            // The default of five minutes assumes clocks that disagree. Those of one installation agree, and a token lives for ten minutes.
            ClockSkew = TimeSpan.FromSeconds(10),
        };
    }

    /// <summary>One policy per permission, one for operators, one for the internal key, and the fallback for endpoints without any.</summary>
    private static void AddPolicies(this IServiceCollection services)
    {
        var authorization = services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(JwtBearerDefaults.AuthenticationScheme).RequireAssertion(IsSignedInOrNotRouted).Build())
            .AddPolicy(InternalKey.Policy, policy => policy.AddAuthenticationSchemes(InternalKey.Scheme).RequireAuthenticatedUser())
            .AddPolicy(OperatorAccess.Policy, policy => policy
                .AddAuthenticationSchemes(JwtBearerDefaults.AuthenticationScheme)
                .RequireAuthenticatedUser()
                .RequireAssertion(context => OperatorAccess.IsOperator(context.User)));
        foreach (var permission in Permissions.All)
        {
            authorization.AddPolicy(permission.Name, policy =>
            {
                policy
                    .AddAuthenticationSchemes(JwtBearerDefaults.AuthenticationScheme)
                    .RequireAuthenticatedUser()
                    .RequireAssertion(context =>
                        CurrentUser.HasScope(context.User, permission.Scope) && CurrentUser.HasRole(context.User, permission.LeastRole));
                if (permission.NeedsOwnCredentials)
                {
                    policy.AddRequirements(new OwnCredentials.Requirement());
                }
            });
        }
    }

    /// <summary>Refuses a token without exactly one user and one workspace, even if its signature is valid.</summary>
    private static void RequireOneUserAndWorkspace(TokenValidatedContext context)
    {
        foreach (var claim in new[] { Tokens.Claims.Subject, Tokens.Claims.Workspace })
        {
            if (context.Principal?.FindAll(claim).ToArray() is not [{ Value: var value }] || !Guid.TryParse(value, out _))
            {
                context.Fail($"The token has no single, valid '{claim}'.");
            }
        }
    }

    /// <summary>
    /// Callers who are not signed in can't reach our endpoints, but may see that an endpoint doesn't exist (404) or doesn't accept the method
    /// (405) or content type (415): routing then selects no endpoint, or one without a route.
    /// </summary>
    private static bool IsSignedInOrNotRouted(AuthorizationHandlerContext context) =>
        context.User.Identity is { IsAuthenticated: true }
        || (context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint);
}
