using LinkShort.Contracts;
using LinkShort.Identity.Accounts.BreachedPasswords;
using LinkShort.Identity.Accounts.DisposableEmail;
using LinkShort.Identity.Accounts.EmailChange;
using LinkShort.Identity.Accounts.EmailVerification;
using LinkShort.Identity.Accounts.PasswordChange;
using LinkShort.Identity.Accounts.PasswordReset;
using LinkShort.Identity.Accounts.Profile;
using LinkShort.Identity.Accounts.Register;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Administration;
using LinkShort.Identity.ApiKeys;
using LinkShort.Identity.AuditLog;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors;
using LinkShort.Identity.Keys.SigningKeys;
using LinkShort.Identity.Plans;
using LinkShort.Identity.Privacy;
using LinkShort.Identity.Privacy.Consents;
using LinkShort.Identity.SignIn.Login;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.SignIn.Throttling;
using LinkShort.Identity.Sso;
using LinkShort.Identity.Storage;
using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Visitors.Geography;
using MassTransit;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Npgsql;

namespace LinkShort.Identity;

/// <summary>identity: accounts, sign-in, workspaces, API keys, the audit log, privacy and the administration of the installation.</summary>
public static class IdentityExtensions
{
    /// <summary>Requests here are a few hundred bytes long.</summary>
    private const int MaxBodyBytes = 64 * 1024;

    public static void AddIdentity(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<IdentityServiceOptions>(IdentityServiceOptions.Section);
        builder.Services.AddSingleton<IdentityMetrics>();
        builder.Services.AddAccounts();
        builder.AddSignIn();
        builder.Services.AddKeys();
        builder.Services.AddSessions();
        builder.Services.AddWorkspaces();
        builder.Services.AddPlans();
        builder.Services.AddFactors();
        builder.AddSso();
        builder.AddAuditLog();
        builder.AddPrivacy();
        builder.AddAdministration();
    }

    public static void AddIdentityConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<AuditRecordedConsumer>();
        bus.AddPlanConsumers();
        bus.AddPrivacyConsumers();
        bus.AddAdministrationConsumers();
    }

    public static void MapIdentity(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1")
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        var auth = api.MapGroup("/auth").AllowAnonymous().WithTags("Auth");
        var account = api.MapGroup("")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        MapAuth(auth);
        MapAccount(account);
        api.MapSessions();
        api.MapWorkspaces();
        api.MapApiKeys();
        FactorsExtensions.MapFactors(auth, account);
        api.MapSso();

        routes.MapGet("/.well-known/jwks.json", Jwks.HandleAsync).WithName("GetSigningKeys").WithTags("Keys").AllowAnonymous()
            .WithSummary("Returns the public keys that verify access tokens, as a JSON Web Key Set (RFC 7517)");
        MapInternal(routes);
        routes.MapAuditLog();
        routes.MapPrivacy();
        routes.MapAdministration();
    }

    private static void MapAuth(RouteGroupBuilder auth)
    {
        auth.MapPost("/register", RegisterUser.HandleAsync).WithName("Register")
            .WithSummary("Creates an account and its personal workspace; with an invitation's token also a verified address and a membership")
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status410Gone).ProducesProblem(StatusCodes.Status429TooManyRequests);
        auth.MapGet("/consents", ConsentEndpoints.Current).WithName("GetConsentTexts")
            .WithSummary("Lists the current consent texts that a new account is asked to agree to, with their versions");
        auth.MapPost("/email/verify", VerifyEmail.HandleAsync).WithName("VerifyEmail")
            .WithSummary("Verifies the account's email address with the token from the email")
            .ProducesProblem(StatusCodes.Status410Gone);
        auth.MapPost("/email/resend", ResendVerification.HandleAsync).WithName("ResendVerification")
            .WithSummary("Sends the verification email again. The response is the same for addresses without an account")
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        auth.MapPost("/email/change/confirm", ConfirmEmailChange.HandleAsync).WithName("ConfirmEmailChange")
            .WithSummary("Confirms an email address change with the token sent to the old or the new address. The change takes effect when both have confirmed")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status410Gone);
        auth.MapPost("/email/change/cancel", CancelEmailChange.HandleAsync).WithName("CancelEmailChange")
            .WithSummary("Cancels an email address change with the token from either email")
            .ProducesProblem(StatusCodes.Status410Gone);
        auth.MapPost("/password/forgot", ForgotPassword.HandleAsync).WithName("ForgotPassword")
            .WithSummary("Sends a password reset email. The response is the same for addresses without an account")
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        auth.MapPost("/password/reset", ResetPassword.HandleAsync).WithName("ResetPassword")
            .WithSummary("Sets a new password with the token from the email, and ends every session")
            .ProducesProblem(StatusCodes.Status410Gone);
        auth.MapPost("/login", LogIn.HandleAsync).WithName("LogIn")
            .WithSummary("Signs in with email and password")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status423Locked);
        auth.MapPost("/refresh", RefreshSession.HandleAsync).WithName("RefreshSession")
            .WithSummary("Exchanges a refresh token for new tokens. Each refresh token works once")
            .ProducesProblem(StatusCodes.Status401Unauthorized);
        auth.MapPost("/logout", LogOut.HandleAsync).WithName("LogOut")
            .WithSummary("Ends the session of a refresh token");
    }

    private static void MapAccount(RouteGroupBuilder account)
    {
        account.MapGet("/me", GetProfile.HandleAsync).RequireAuthorization(Permissions.Profile).WithName("GetProfile").WithTags("Profile")
            .WithSummary("Returns the signed-in user");
        account.MapPost("/me/password", ChangePassword.HandleAsync).RequireAuthorization(Permissions.AccountManage).RequireStepUp().WithName("ChangePassword").WithTags("Profile")
            .WithSummary("Changes your password, and ends every other session. Requires a recent sign-in")
            .ProducesProblem(StatusCodes.Status423Locked).ProducesProblem(StatusCodes.Status429TooManyRequests);
        account.MapPost("/me/email", RequestEmailChange.HandleAsync).RequireAuthorization(Permissions.AccountManage).RequireStepUp().WithName("RequestEmailChange").WithTags("Profile")
            .WithSummary("Requests an email address change. It takes effect when both the old and the new address have confirmed. Requires a recent sign-in")
            .ProducesProblem(StatusCodes.Status423Locked).ProducesProblem(StatusCodes.Status429TooManyRequests);
        account.MapPatch("/me", ChangeProfile.HandleAsync).RequireAuthorization(Permissions.Profile).WithName("ChangeProfile").WithTags("Profile")
            .WithSummary("Changes your name, language, time zone, theme or onboarding state")
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
    }

    private static void MapInternal(IEndpointRouteBuilder routes)
    {
        var services = routes.MapGroup("/internal").RequireAuthorization(InternalKey.Policy)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes)).ExcludeFromDescription();
        services.MapPost("/api-keys/exchange", ExchangeApiKey.HandleAsync).WithName("ExchangeApiKey");
        services.MapGet("/revocations", ListRevocations.HandleAsync).WithName("ListRevocations");
        services.MapGet("/workspaces/{id}/contact", WorkspaceContact.HandleAsync).WithName("GetWorkspaceContact");
        services.MapPost("/signing-keys/rotate", RotateSigningKeys.HandleAsync).WithName("RotateSigningKeys");
    }

    private static void AddAccounts(this IServiceCollection services)
    {
        services.AddDbContextPool<AccountsContext>((provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddIdentityCore<User>().AddEntityFrameworkStores<AccountsContext>().AddErrorDescriber<PasswordErrors>()
            .AddPasswordValidator<BreachedPasswordValidator>();
        services.AddOptions<IdentityOptions>().Configure<IOptions<IdentityServiceOptions>>((identity, options) =>
        {
            identity.Password.RequiredLength = options.Value.PasswordMinLength;
            identity.Password.RequiredUniqueChars = 4;
        });
        services.AddOptions<PasswordHasherOptions>()
            .Configure<IOptions<IdentityServiceOptions>>((hasher, options) => hasher.IterationCount = options.Value.PasswordHashIterations);
        services.Replace(ServiceDescriptor.Singleton<ILookupNormalizer, EmailNormalizer>());
        // It validates user names, which accounts here don't have; EmailAddress and a unique column validate addresses.
        services.RemoveAll<IUserValidator<User>>();
        services.AddSingleton<AccountCreation>();
        services.AddSingleton<SignUp>();
        services.AddSingleton<SignUpLimits>();
        services.AddSingleton<DisposableEmailDomains>();
        services.AddSingleton<BreachedPasswordList>();
        services.AddSingleton<PasswordChanges>();
        services.AddSingleton<EmailSecrets>();
        services.AddSingleton<EmailChanges>();
        services.AddSingleton<EmailChangeRequests>();
        services.AddSingleton<MailRequests>();
        services.AddSingleton<MailRequestSignal>();
        services.AddHostedService<MailRequestJob>();
        services.AddHourlyCleanup(
            "Expired counters and one-time secrets",
            """
            delete from throttles where forgotten_at < @now;
            delete from known_origins where last_seen_at < @Unseen;
            delete from email_verifications where expires_at < @now;
            delete from password_resets where expires_at < @now;
            delete from email_changes where expires_at < @now;
            """,
            now => new { now, Unseen = now - KnownOrigins.Retention });
    }

    private static void AddSignIn(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ThrottleOptions>(ThrottleOptions.Section);
        builder.AddValidatedOptions<GeoIpOptions>(GeoIpOptions.Section);
        var services = builder.Services;
        services.AddSingleton<Throttle>();
        services.AddSingleton<ThrottlePolicies>();
        services.AddSingleton<Places>();
        services.AddHostedService(provider => provider.GetRequiredService<Places>());
        services.AddSingleton<DecoyPassword>();
        services.AddSingleton<LoginAttempts>();
        services.AddSingleton<LockoutNotices>();
        services.AddScoped<PasswordCheck>();
        services.AddScoped<PasswordProof>();
        services.AddSingleton<SecurityNotices>();
        services.AddSingleton<KnownOrigins>();
    }

    private static void AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<SigningKeyRing>();
        services.AddHostedService<SigningKeyRotation>();
        services.AddSingleton<AccessTokens>();
        // identity validates its own tokens with the keys it has, not over HTTP.
        services.Replace(ServiceDescriptor.Singleton<IConfigurationManager<OpenIdConnectConfiguration>, LocalSigningKeys>());
        services.AddDbContext<DataProtectionContext>((provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddDataProtection().SetApplicationName("LinkShort.Identity").PersistKeysToDbContext<DataProtectionContext>();
        services.AddSingleton<DataProtectionSecret>();
        services.AddOptions<KeyManagementOptions>().Configure<DataProtectionSecret>((keys, secret) =>
            keys.XmlEncryptor = new DataProtectionKeyEncryptor(secret));
    }
}
