using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Links.Behavior;

/// <summary>
/// Passwords of links. Only their hash is kept, of ASP.NET Core Identity's hasher in its version 3 (PBKDF2, HMAC-SHA512, 100,000
/// rounds, a salt each); redirect checks with the same.
/// </summary>
public sealed class LinkPasswords(IPasswordHasher<LinkBehavior> hasher)
{
    public const int MaxLength = 128;

    private static readonly LinkBehavior Nobody = new();

    /// <param name="password">Null: no password any more.</param>
    /// <param name="before">The hash that the link has: it stays when the password is the same, because that is no change.</param>
    public string? Hash(string? password, string? before, ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (password is null)
        {
            return null;
        }

        if (password.Length is 0 or > MaxLength || !Slug.IsWellFormed(password))
        {
            errors.Add("password", $"1 to {MaxLength} characters; null for no password.");
            return before;
        }

        return before is not null && hasher.VerifyHashedPassword(Nobody, before, password) == PasswordVerificationResult.Success
            ? before
            : hasher.HashPassword(Nobody, password);
    }
}
