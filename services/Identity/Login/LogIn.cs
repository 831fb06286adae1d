using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Passkeys;
using LinkShort.Identity.Sessions;
using LinkShort.Identity.Sso;
using LinkShort.Identity.Suspensions;
using LinkShort.Identity.TrustedDevices;
using LinkShort.Identity.TwoFactor;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Login;

public static class LogIn
{
    public sealed record Request
    {
        public required string Email { get; init; }

        public required string Password { get; init; }

        /// <summary>From an earlier sign-in with rememberDevice: stands for the second factor.</summary>
        public string? DeviceToken { get; init; }
    }

    /// <summary>
    /// An unknown address costs the same hashing time as a wrong password, and is counted and locked alike. The answer to a locked account
    /// is the same for right and wrong passwords, so that guessing goes no further behind the lock.
    /// </summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body,
        UserManager<User> users,
        DecoyPassword decoy,
        LoginAttempts attempts,
        LoginChallenges challenges,
        PasskeyCeremonies passkeys,
        DeviceTokens devices,
        SessionStore sessions,
        SsoRequirement ssoRequirement,
        Database database,
        Telemetry telemetry,
        IOptions<IdentitySettings> settings,
        TimeProvider time,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (!EmailAddress.TryParse(body.Email, out var email, out var emailError))
        {
            errors.Add("email", emailError);
        }

        Password.CheckForm(body.Password, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var password = Password.Compose(body.Password);
        var attempt = await attempts.BeginAsync(email!, context, cancellationToken);
        if (attempt.Refusal is { } wait)
        {
            return wait;
        }

        var user = await users.FindByEmailAsync(email!.Value);
        if (user?.PasswordHash is null)
        {
            // No account, or one that signs in otherwise.
            decoy.Verify(password);
            return await attempts.FailAsync(attempt, user?.Id, cancellationToken);
        }

        // Where taken addresses aren't told, an account that nobody verified answers like one of somebody else's: otherwise signing up and
        // then signing in would tell them.
        if (!await users.CheckPasswordAsync(user, password) || (!settings.Value.RevealTakenEmails && !user.EmailConfirmed))
        {
            return await attempts.FailAsync(attempt, user.Id, cancellationToken);
        }

        // Before the transaction, which has a connection of its own.
        var passkey = await passkeys.MakeSecondFactorAsync(user, context);
        await using var work = await database.BeginAsync(cancellationToken);
        if (await attempts.SucceedAsync(work, attempt, user, password, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (await AccountSuspensions.RefusalAsync(work, user.Id, cancellationToken) is { } suspended)
        {
            telemetry.LoggedIn("refused");
            return suspended;
        }

        string[] methods = [AuthenticationMethods.Password];
        var factors = await SecondFactors.OfAsync(work.Connection, work.Transaction, user.Id, cancellationToken);
        var needsSecond = factors.Enabled && (body.DeviceToken is null || !await devices.IsTrustedAsync(work, user.Id, body.DeviceToken, cancellationToken));
        if (await ssoRequirement.CheckAsync(work, user.Id, provider: null, cancellationToken, begins: !needsSecond) is { } otherwise)
        {
            telemetry.LoggedIn("refused");
            return otherwise;
        }

        if (factors.Enabled)
        {
            if (needsSecond)
            {
                var challenge = await challenges.CreateAsync(work, user, passkey?.State, cancellationToken);
                await work.CommitAsync(cancellationToken);
                telemetry.LoggedIn("challenged");
                TokenResponse.ForbidStoring(context.Response);
                return Problems.TwoFactorRequired.Result(
                    null,
                    ("challenge", challenge),
                    ("methods", factors.Methods),
                    ("expiresIn", (int)LoginChallenges.Lifetime.TotalSeconds),
                    ("passkeyOptions", passkey?.Options));
            }

            methods = [AuthenticationMethods.Password, AuthenticationMethods.TwoFactors];
        }

        var tokens = await sessions.StartAsync(work, user.Id, new AuthenticationProof(methods, time.GetUtcNow()), context, cancellationToken);
        await work.CommitAsync(cancellationToken);
        telemetry.LoggedIn("succeeded");
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(tokens);
    }
}
