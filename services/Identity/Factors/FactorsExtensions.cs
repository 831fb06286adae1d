using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.Passkeys;
using LinkShort.Identity.Factors.TrustedDevices;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Login;
using LinkShort.Identity.SignIn.Sessions;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LinkShort.Identity.Factors;

/// <summary>Proofs besides the password: authenticator apps, recovery codes, passkeys and trusted devices.</summary>
public static class FactorsExtensions
{
    private const string TakesProof = "The request itself carries the password and the second factor, which are checked as in a step-up.";

    public static void AddFactors(this IServiceCollection services)
    {
        services.AddScoped<PasskeyUserStore>();
        services.Replace(ServiceDescriptor.Scoped<IUserStore<User>>(provider => provider.GetRequiredService<PasskeyUserStore>()));
        services.AddSingleton<Authenticators>();
        services.AddSingleton<CodeAttempts>();
        services.AddSingleton<FactorCheck>();
        services.AddSingleton<TwoFactorSessions>();
        services.AddSingleton<FactorChanges>();
        services.AddSingleton<DeviceTokens>();
        services.AddSingleton<LoginChallenges>();
        services.AddScoped<PasskeyCeremonies>();
        services.AddScoped<SignInCompletion>();
        services.AddScoped<SecondFactorSignIn>();
        services.AddScoped<IdentityConfirmation>();
        services.AddScoped<FactorConfirmation>();
    }

    /// <param name="auth">The anonymous group <c>/auth</c>.</param>
    /// <param name="account">The group that requires a session.</param>
    public static void MapFactors(IEndpointRouteBuilder auth, IEndpointRouteBuilder account)
    {
        auth.MapPost("/login/2fa", LogInWithSecondFactor.HandleAsync).WithName("LogInWithSecondFactor")
            .WithSummary("Completes a sign-in with a second factor: a code, a recovery code or a passkey")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status423Locked);
        auth.MapPost("/passkey/options", PasskeySignInOptions.HandleAsync).WithName("GetPasskeySignInOptions")
            .WithSummary("Returns the options for signing in with a passkey alone (WebAuthn PublicKeyCredentialRequestOptionsJSON)");
        auth.MapPost("/passkey", LogInWithPasskey.HandleAsync).WithName("LogInWithPasskey")
            .WithSummary("Signs in with a passkey alone")
            .ProducesProblem(StatusCodes.Status401Unauthorized);

        // Also for sessions without own credentials: it tells which of them to ask for.
        account.MapGet("/me/2fa", GetTwoFactor.HandleAsync).RequireAuthorization(Permissions.Profile).WithTags("Two-factor").WithName("GetTwoFactor")
            .WithSummary("Returns the account's second factors");
        var factors = account.MapGroup("/me/2fa").RequireAuthorization(Permissions.AccountManage).WithTags("Two-factor");
        factors.MapPost("/setup", SetUpTwoFactor.HandleAsync).RequireStepUp().WithName("SetUpTwoFactor")
            .WithSummary("Creates a secret for an authenticator app. It takes effect once a code from it is sent to /me/2fa/enable")
            .ProducesProblem(StatusCodes.Status409Conflict);
        factors.MapPost("/enable", EnableTwoFactor.HandleAsync).RequireStepUp().WithName("EnableTwoFactor")
            .WithSummary("Turns on two-factor authentication. The recovery codes are shown only in this response")
            .ProducesProblem(StatusCodes.Status409Conflict);
        factors.MapPost("/disable", DisableTwoFactor.HandleAsync).WithoutStepUp(TakesProof).WithName("DisableTwoFactor")
            .WithSummary("Turns off the authenticator app")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status423Locked);
        factors.MapPost("/recovery-codes", RegenerateRecoveryCodes.HandleAsync).WithoutStepUp(TakesProof).WithName("RegenerateRecoveryCodes")
            .WithSummary("Replaces the recovery codes. The previous ones stop working")
            .ProducesProblem(StatusCodes.Status423Locked);
        factors.MapGet("/devices", ListTrustedDevices.HandleAsync).WithName("ListTrustedDevices")
            .WithSummary("Lists the devices that can sign in without the second factor, newest first");
        factors.MapDelete("/devices/{id}", ForgetTrustedDevice.HandleAsync).WithoutStepUp("Only ends access: the device needs the second factor again.").WithName("ForgetTrustedDevice")
            .WithSummary("Forgets a trusted device, so that it needs the second factor again")
            .ProducesProblem(StatusCodes.Status404NotFound);

        var passkeys = account.MapGroup("/me/passkeys").RequireAuthorization(Permissions.AccountManage).WithTags("Passkeys");
        passkeys.MapGet("/", ListPasskeys.HandleAsync).WithName("ListPasskeys")
            .WithSummary("Lists the account's passkeys, newest first");
        passkeys.MapPost("/options", CreatePasskeyOptions.HandleAsync).RequireStepUp().WithName("GetPasskeyCreationOptions")
            .WithSummary("Returns the options for creating a passkey (WebAuthn PublicKeyCredentialCreationOptionsJSON)");
        passkeys.MapPost("/", AddPasskey.HandleAsync).RequireStepUp().WithName("AddPasskey")
            .WithSummary("Adds a passkey. Adding the account's first second factor also returns recovery codes")
            .ProducesProblem(StatusCodes.Status409Conflict);
        passkeys.MapPatch("/{id}", RenamePasskey.HandleAsync).RequireStepUp().WithName("RenamePasskey")
            .WithSummary("Renames a passkey")
            .ProducesProblem(StatusCodes.Status404NotFound);
        passkeys.MapDelete("/{id}", RemovePasskey.HandleAsync).RequireStepUp().WithName("RemovePasskey")
            .WithSummary("Removes a passkey")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
