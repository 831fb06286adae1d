using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Login;

/// <summary>Asks somebody who is signed in for the password once more: a stolen token alone must not do the worst.</summary>
public sealed class PasswordConfirmation(UserManager<User> users, LoginAttempts attempts)
{
    /// <summary>Wrong ones count like those of a sign-in. An account that never had a password (single sign-on) has none to confirm.</summary>
    /// <returns>Null when it is right; otherwise what to answer: 400 for <c>password</c>, 423 behind the lock.</returns>
    public async Task<ProblemHttpResult?> CheckAsync(Guid userId, string password, HttpContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var errors = new ValidationErrors();
        Password.CheckForm(password, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await users.FindByIdAsync(userId.ToString()) is not { } user)
        {
            return Problems.Unauthorized.Result();
        }

        if (user.PasswordHash is null)
        {
            return null;
        }

        if (!EmailAddress.TryParse(user.Email!, out var email, out _))
        {
            throw new InvalidOperationException($"The address of account {user.Id} is none.");
        }

        var attempt = await attempts.BeginAsync(email, context, cancellationToken);
        if (attempt.Refusal is { } wait)
        {
            return wait;
        }

        if (await users.CheckPasswordAsync(user, Password.Compose(password)))
        {
            return null;
        }

        var refusal = await attempts.FailAsync(attempt, user.Id, cancellationToken);
        return refusal.StatusCode == StatusCodes.Status401Unauthorized ? ValidationErrors.Of("password", "This password is wrong.") : refusal;
    }
}
