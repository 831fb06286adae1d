using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Domain;

/// <summary>A password as typed, before it is hashed.</summary>
public static class Password
{
    /// <summary>Long enough for passphrases and password managers, and short enough that hashing costs the same for all.</summary>
    public const int MaxLength = 256;

    public static readonly string TooLong = $"At most {MaxLength} characters.";

    /// <returns>The policy's objections, as sentences; empty for an acceptable password.</returns>
    public static async Task<IReadOnlyList<string>> ProblemsAsync(UserManager<User> users, User user, string password)
    {
        if (Characters.Exceed(password, MaxLength))
        {
            return [TooLong];
        }

        var composed = PasswordText.Compose(password);
        var messages = new List<string>();
        // ASP.NET Core Identity counts UTF-16 units.
        var minLength = users.Options.Password.RequiredLength;
        if (composed.Length >= minLength && Characters.Count(composed) < minLength)
        {
            messages.Add(users.ErrorDescriber.PasswordTooShort(minLength).Description);
        }

        foreach (var validator in users.PasswordValidators)
        {
            var result = await validator.ValidateAsync(users, user, composed);
            messages.AddRange(result.Errors.Select(error => error.Description));
        }

        return messages;
    }

    /// <summary>Adds an error for a password that no account can have.</summary>
    /// <param name="field">Its name in the request.</param>
    public static void CheckForm(string password, ValidationErrors errors, string field = "password")
    {
        if (password.Length == 0 || Characters.Exceed(password, MaxLength))
        {
            errors.Add(field, password.Length == 0 ? "This is required." : TooLong);
        }
    }
}

/// <summary>The policy's messages, in the style of other fields' errors.</summary>
public sealed class PasswordErrors : IdentityErrorDescriber
{
    public override IdentityError PasswordTooShort(int length) => Error(nameof(PasswordTooShort), $"At least {length} characters.");

    public override IdentityError PasswordRequiresUniqueChars(int uniqueChars) =>
        Error(nameof(PasswordRequiresUniqueChars), $"At least {uniqueChars} different characters.");

    public override IdentityError PasswordRequiresNonAlphanumeric() =>
        Error(nameof(PasswordRequiresNonAlphanumeric), "At least one character that is neither a letter nor a digit.");

    public override IdentityError PasswordRequiresDigit() => Error(nameof(PasswordRequiresDigit), "At least one digit (0 to 9).");

    public override IdentityError PasswordRequiresLower() => Error(nameof(PasswordRequiresLower), "At least one lower-case letter (a to z).");

    public override IdentityError PasswordRequiresUpper() => Error(nameof(PasswordRequiresUpper), "At least one upper-case letter (A to Z).");

    private static IdentityError Error(string code, string description) => new() { Code = code, Description = description };
}
