using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Login;

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
        SignInCompletion signIn,
        Database database,
        IOptions<IdentityServiceOptions> options,
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
        if (!await users.CheckPasswordAsync(user, password) || (!options.Value.RevealTakenEmails && !user.EmailConfirmed))
        {
            return await attempts.FailAsync(attempt, user.Id, cancellationToken);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (await attempts.SucceedAsync(work, attempt, user, password, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        return await signIn.CompleteAsync(
            work,
            new ProvenSignIn(user.Id, new AuthenticationProof([AuthenticationMethods.Password], time.GetUtcNow())) { DeviceToken = body.DeviceToken },
            context,
            cancellationToken);
    }
}
