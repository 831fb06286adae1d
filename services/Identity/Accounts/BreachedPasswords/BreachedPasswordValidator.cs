using LinkShort.Identity.Domain;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Accounts.BreachedPasswords;

/// <summary>NIST SP 800-63B, 5.1.1.2: refuses breached and common passwords, and those derived from the email address or the product's name.</summary>
public sealed class BreachedPasswordValidator(BreachedPasswordList list) : IPasswordValidator<User>
{
    private static readonly PasswordError Breached = new(nameof(Breached), IdentityTexts.Of("accounts.breached"));

    private static readonly PasswordError FromContext = new(nameof(FromContext), IdentityTexts.Of("accounts.fromContext"));

    public Task<IdentityResult> ValidateAsync(UserManager<User> manager, User user, string? password)
    {
        if (string.IsNullOrEmpty(password))
        {
            return Task.FromResult(IdentityResult.Success);
        }

        var local = user.Email?.ToLowerInvariant() is { } email ? email[..Math.Max(email.LastIndexOf('@'), 0)] : "";
        var result = list.Contains(password)
            ? IdentityResult.Failed(Breached)
            : BreachedPasswordList.Disguises(password).Any(word => word == "linkshort" || (local.Length > 0 && word == local) || word == user.Email?.ToLowerInvariant())
                ? IdentityResult.Failed(FromContext)
                : IdentityResult.Success;
        return Task.FromResult(result);
    }
}
