using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Login;

public static class LogIn
{
    public sealed record Request
    {
        public required string Email { get; init; }

        public required string Password { get; init; }

        /// <summary>From an earlier sign-in with rememberDevice: replaces the second factor.</summary>
        public string? DeviceToken { get; init; }
    }

    /// <summary>
    /// An unknown address costs the same hashing time as a wrong password, and is counted and locked alike. A locked account gets the same
    /// response for right and wrong passwords, so that guessing is pointless until the lock expires.
    /// </summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body, PasswordCheck passwords, LoginAttempts attempts, SignInCompletion signIn, Database database, TimeProvider time, HttpContext context,
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

        var password = PasswordText.Compose(body.Password);
        var attempt = await attempts.BeginAsync(email!, context, cancellationToken);
        if (attempt.Refusal is { } wait)
        {
            return wait;
        }

        var (user, matches) = await passwords.CheckAsync(email!, password);
        if (user is null || !matches)
        {
            return await attempts.FailAsync(attempt, user?.Id, cancellationToken);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (await attempts.SucceedAsync(work, attempt, user, password, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var proven = new ProvenSignIn(user.Id, new AuthenticationProof([AuthenticationMethods.Password], time.GetUtcNow())) { DeviceToken = body.DeviceToken };
        return (await signIn.CompleteAsync(work, proven, context, cancellationToken)).ToResult();
    }
}
