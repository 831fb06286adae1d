using LinkShort.Identity.Domain;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Administration;

/// <summary>The users who administer this installation.</summary>
public sealed class Operators(IOptions<AdminOptions> options)
{
    /// <summary>Normalised, as in <c>users.normalized_email</c>.</summary>
    public IReadOnlySet<string> Emails { get; } = options.Value.Addresses
        .Select(address => EmailAddress.TryParse(address, out var email, out _) ? email.Normalized : null)
        .OfType<string>().ToHashSet(StringComparer.Ordinal);

    /// <param name="verifiedEmail">Normalised; null for an unverified address, which could be anyone's.</param>
    public bool Include(string? verifiedEmail) => verifiedEmail is not null && Emails.Contains(verifiedEmail);
}
