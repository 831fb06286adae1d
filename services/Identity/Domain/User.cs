using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Domain;

/// <summary>Somebody with an account. What ASP.NET Core Identity keeps, and a little more.</summary>
public sealed class User : IdentityUser<Guid>
{
    public const int MaxNameLength = 100;

    /// <summary>How the person wants to be called.</summary>
    public string? Name { get; set; }

    /// <summary>One of <see cref="Domain.Locale.All"/>.</summary>
    public string Locale { get; set; } = Domain.Locale.Default;

    /// <summary>An IANA name; null: wherever the person is at the moment.</summary>
    public string? TimeZone { get; set; }

    /// <summary>light or dark; null: as the device has it.</summary>
    public string? Theme { get; set; }

    /// <summary>The tour of a new account: open, dismissed or completed.</summary>
    public string Onboarding { get; set; } = "open";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Grows by one with each change of the profile; makes its ETag.</summary>
    public long Version { get; set; } = 1;
}
