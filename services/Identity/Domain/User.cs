using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Domain;

/// <summary>An account: ASP.NET Core Identity's user, with a profile.</summary>
public sealed class User : IdentityUser<Guid>
{
    public const int MaxNameLength = 100;

    /// <summary>The user's display name.</summary>
    public string? Name { get; set; }

    /// <summary>One of <see cref="Domain.Locale.All"/>.</summary>
    public string Locale { get; set; } = Domain.Locale.Default;

    /// <summary>An IANA name; null for the device's time zone.</summary>
    public string? TimeZone { get; set; }

    /// <summary>light or dark; null for the device's.</summary>
    public string? Theme { get; set; }

    /// <summary>The tour of a new account: open, dismissed or completed.</summary>
    public string Onboarding { get; set; } = "open";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Incremented by each change of the profile; used as its ETag.</summary>
    public long Version { get; set; } = 1;
}
