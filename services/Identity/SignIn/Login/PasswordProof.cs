using LinkShort.Identity.Domain;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>
/// Checks the password of a signed-in user: an unattended session must not be enough to take over the account. Wrong
/// passwords are counted and locked like those of a sign-in.
/// </summary>
public sealed class PasswordProof(UserManager<User> users, LoginAttempts attempts)
{
    public static LocalizedText Wrong => IdentityTexts.Of("signIn.wrongPassword");

    public static LocalizedText None => IdentityTexts.Of("signIn.noPassword");

    /// <param name="user">As loaded in this request, with the hash to compare.</param>
    /// <param name="field">The request's field, for the error.</param>
    /// <returns>The refusal; null for the right password.</returns>
    public async Task<ProblemHttpResult?> CheckAsync(User user, string password, string field, HttpContext context, CancellationToken cancellationToken)
    {
        if (user.PasswordHash is null)
        {
            return ValidationErrors.Of(field, None);
        }

        if (!EmailAddress.TryParse(user.Email!, out var email, out var error))
        {
            throw new InvalidOperationException($"The address of user {user.Id} is invalid: {error}");
        }

        var attempt = await attempts.BeginAsync(email, context, cancellationToken);
        if (attempt.Refusal is { } wait)
        {
            return wait;
        }

        if (await users.CheckPasswordAsync(user, PasswordText.Compose(password)))
        {
            return null;
        }

        var answer = await attempts.FailAsync(attempt, user.Id, cancellationToken);
        return answer.StatusCode == StatusCodes.Status401Unauthorized ? ValidationErrors.Of(field, Wrong) : answer;
    }
}
