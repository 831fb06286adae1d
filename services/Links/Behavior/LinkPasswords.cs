using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Links.Behavior;

/// <summary>
/// Hashes the passwords of links with ASP.NET Core Identity's hasher, version 3 (PBKDF2, HMAC-SHA512, 100,000 rounds, a random salt each).
/// Redirect verifies with the same hasher. Only the hash is stored, of the password in the form of <see cref="PasswordText"/>.
/// </summary>
public sealed class LinkPasswords(IPasswordHasher<LinkBehavior> hasher)
{
    public const int MaxLength = 128;

    private static readonly LinkBehavior Nobody = new();

    /// <summary>Stands for the hash of a password that is only asked about: hashing takes a tenth of a second of a processor.</summary>
    public const string Unhashed = "-";

    /// <param name="password">Null removes the password.</param>
    /// <param name="before">The link's current hash, which is kept if the password is the same: that is not a change.</param>
    public string? Hash(string? password, string? before, ValidationErrors errors)
    {
        if (password is null)
        {
            return null;
        }

        if (!Check(password, errors))
        {
            return before;
        }

        // A hash from before passwords were composed is replaced, so that every keyboard's spelling opens the link.
        var composed = PasswordText.Compose(password);
        return before is not null && hasher.VerifyHashedPassword(Nobody, before, composed) == PasswordVerificationResult.Success
            ? before
            : hasher.HashPassword(Nobody, composed);
    }

    /// <returns>Whether the password is valid.</returns>
    private static bool Check(string password, ValidationErrors errors)
    {
        if (password.Length == 0 || Characters.Exceed(password, MaxLength) || !Slug.IsWellFormed(password))
        {
            errors.Add("password", LinksTexts.Of("fields.password", ("max", MaxLength)));
            return false;
        }

        return true;
    }

    /// <inheritdoc cref="Unhashed"/>
    public static string? Mark(string? password, ValidationErrors errors) => password is not null && Check(password, errors) ? Unhashed : null;
}
