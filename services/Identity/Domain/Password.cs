using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Domain;

/// <summary>A password as typed, before it is hashed.</summary>
public static class Password
{
    /// <summary>Long enough for passphrases and password managers, and short enough that hashing costs the same for all.</summary>
    public const int MaxLength = 256;

    public static LocalizedText TooLong => FieldRules.MaxCharacters(MaxLength);

    /// <returns>The policy's objections, as sentences; empty for an acceptable password.</returns>
    public static async Task<IReadOnlyList<LocalizedText>> ProblemsAsync(UserManager<User> users, User user, string password)
    {
        if (Characters.Exceed(password, MaxLength))
        {
            return [TooLong];
        }

        var composed = PasswordText.Compose(password);
        var messages = new List<LocalizedText>();
        // ASP.NET Core Identity counts UTF-16 units.
        var minLength = users.Options.Password.RequiredLength;
        if (composed.Length >= minLength && Characters.Count(composed) < minLength)
        {
            messages.Add(PasswordError.TooShort(minLength));
        }

        foreach (var validator in users.PasswordValidators)
        {
            var result = await validator.ValidateAsync(users, user, composed);
            messages.AddRange(result.Errors.Cast<PasswordError>().Select(error => error.Text));
        }

        return messages;
    }

    /// <summary>Adds an error for a password that no account can have.</summary>
    /// <param name="field">Its name in the request.</param>
    public static void CheckForm(string password, ValidationErrors errors, string field = "password")
    {
        if (password.Length == 0 || Characters.Exceed(password, MaxLength))
        {
            errors.Add(field, password.Length == 0 ? FieldRules.Required : TooLong);
        }
    }
}

/// <summary>The policy's messages, in the style of other fields' errors.</summary>
public sealed class PasswordErrors : IdentityErrorDescriber
{
    public override IdentityError PasswordTooShort(int length) => new PasswordError(nameof(PasswordTooShort), PasswordError.TooShort(length));

    public override IdentityError PasswordRequiresUniqueChars(int uniqueChars) =>
        new PasswordError(nameof(PasswordRequiresUniqueChars), IdentityTexts.Of("accounts.differentCharacters", ("min", uniqueChars)));

    public override IdentityError PasswordRequiresNonAlphanumeric() => new PasswordError(nameof(PasswordRequiresNonAlphanumeric), IdentityTexts.Of("accounts.symbol"));

    public override IdentityError PasswordRequiresDigit() => new PasswordError(nameof(PasswordRequiresDigit), IdentityTexts.Of("accounts.digit"));

    public override IdentityError PasswordRequiresLower() => new PasswordError(nameof(PasswordRequiresLower), IdentityTexts.Of("accounts.lowerCase"));

    public override IdentityError PasswordRequiresUpper() => new PasswordError(nameof(PasswordRequiresUpper), IdentityTexts.Of("accounts.upperCase"));
}

/// <summary>An objection to a password, with its text for the caller.</summary>
internal sealed class PasswordError : IdentityError
{
    public PasswordError(string code, LocalizedText text) => (Code, Description, Text) = (code, text.ToString(), text);

    public LocalizedText Text { get; }

    public static LocalizedText TooShort(int length) => IdentityTexts.Of("accounts.minPassword", ("min", length));
}
