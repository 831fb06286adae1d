using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Login;
using LinkShort.Identity.Passkeys;
using LinkShort.Identity.TrustedDevices;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LinkShort.Identity.TwoFactor;

/// <summary>What people prove besides their password: authenticator apps, recovery codes, passkeys, remembered devices.</summary>
public static class FactorsExtensions
{
    public static void AddFactors(this IServiceCollection services)
    {
        services.AddScoped<PasskeyUserStore>();
        services.Replace(ServiceDescriptor.Scoped<IUserStore<User>>(provider => provider.GetRequiredService<PasskeyUserStore>()));
        services.AddSingleton<Authenticators>();
        services.AddSingleton<CodeAttempts>();
        services.AddSingleton<FactorCheck>();
        services.AddSingleton<TwoFactorSessions>();
        services.AddSingleton<DeviceTokens>();
        services.AddSingleton<LoginChallenges>();
        services.AddScoped<PasskeyCeremonies>();
        services.AddScoped<SignInCompletion>();
        services.AddScoped<FactorConfirmation>();
    }

    /// <param name="auth">What anybody may call, under <c>/auth</c>.</param>
    /// <param name="account">What needs a session.</param>
    public static void MapFactors(IEndpointRouteBuilder auth, IEndpointRouteBuilder account)
    {
        auth.MapPost("/login/2fa", LogInWithSecondFactor.HandleAsync).WithName("LogInWithSecondFactor")
            .WithSummary("Second step of signing in: a code, a recovery code or a passkey")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status423Locked);
        auth.MapPost("/passkey/options", PasskeySignInOptions.HandleAsync).WithName("GetPasskeySignInOptions")
            .WithSummary("What a passkey has to sign for signing in without a password: PublicKeyCredentialRequestOptionsJSON of WebAuthn");
        auth.MapPost("/passkey", LogInWithPasskey.HandleAsync).WithName("LogInWithPasskey")
            .WithSummary("Signs in with a passkey alone")
            .ProducesProblem(StatusCodes.Status401Unauthorized);

        var factors = account.MapGroup("/me/2fa").RequireAuthorization(Permissions.Profile).WithTags("Two-factor");
        factors.MapGet("/", GetTwoFactor.HandleAsync).WithName("GetTwoFactor")
            .WithSummary("Which second factors the account has");
        factors.MapPost("/setup", SetUpTwoFactor.HandleAsync).RequireRecentSignIn().WithName("SetUpTwoFactor")
            .WithSummary("Makes a secret for an authenticator app; it counts once a code of it was sent to enable")
            .ProducesProblem(StatusCodes.Status409Conflict);
        factors.MapPost("/enable", EnableTwoFactor.HandleAsync).WithName("EnableTwoFactor")
            .WithSummary("Turns two-factor sign-in on; the answer is the only place where the recovery codes are ever shown")
            .ProducesProblem(StatusCodes.Status409Conflict);
        factors.MapPost("/disable", DisableTwoFactor.HandleAsync).WithName("DisableTwoFactor")
            .WithSummary("Forgets the authenticator app")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status423Locked);
        factors.MapPost("/recovery-codes", RegenerateRecoveryCodes.HandleAsync).WithName("RegenerateRecoveryCodes")
            .WithSummary("Replaces the recovery codes; the earlier ones don't work any more")
            .ProducesProblem(StatusCodes.Status423Locked);
        factors.MapGet("/devices", ListTrustedDevices.HandleAsync).WithName("ListTrustedDevices")
            .WithSummary("Devices that sign in without the second factor, newest first");
        factors.MapDelete("/devices/{id}", ForgetTrustedDevice.HandleAsync).WithName("ForgetTrustedDevice")
            .WithSummary("Asks for the second factor again on that device")
            .ProducesProblem(StatusCodes.Status404NotFound);

        var passkeys = account.MapGroup("/me/passkeys").RequireAuthorization(Permissions.Profile).WithTags("Passkeys");
        passkeys.MapGet("/", ListPasskeys.HandleAsync).WithName("ListPasskeys")
            .WithSummary("The account's passkeys, newest first");
        passkeys.MapPost("/options", CreatePasskeyOptions.HandleAsync).RequireRecentSignIn().WithName("GetPasskeyCreationOptions")
            .WithSummary("What a browser needs to make a passkey: PublicKeyCredentialCreationOptionsJSON of WebAuthn");
        passkeys.MapPost("/", AddPasskey.HandleAsync).WithName("AddPasskey")
            .WithSummary("Adds a passkey; with the account's first factor come its recovery codes")
            .ProducesProblem(StatusCodes.Status409Conflict);
        passkeys.MapPatch("/{id}", RenamePasskey.HandleAsync).WithName("RenamePasskey")
            .WithSummary("Renames a passkey")
            .ProducesProblem(StatusCodes.Status404NotFound);
        passkeys.MapDelete("/{id}", RemovePasskey.HandleAsync).RequireRecentSignIn().WithName("RemovePasskey")
            .WithSummary("Removes a passkey")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
