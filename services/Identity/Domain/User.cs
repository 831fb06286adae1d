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

/// <summary>The tenant.</summary>
public sealed class Workspace
{
    public const int MaxNameLength = 100;

    public Guid Id { get; set; }

    public required string Name { get; set; }

    /// <summary>What it may do and how much of it; billing decides.</summary>
    public string Plan { get; set; } = "free";

    /// <summary>The person whose own workspace this is. Everybody has exactly one.</summary>
    public Guid? PersonalOf { get; set; }

    /// <summary>Only people with two factors get in.</summary>
    public bool RequireTwoFactor { get; set; }

    /// <summary>When an owner asked for its deletion. From then on it is read-only.</summary>
    public DateTimeOffset? DeletionScheduledAt { get; set; }

    /// <summary>When it is erased; null unless its deletion is scheduled.</summary>
    public DateTimeOffset? EraseAfter { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Grows by one with each change; makes its ETag.</summary>
    public long Version { get; set; } = 1;
}

/// <summary>Who may enter a workspace, and as what.</summary>
public sealed class Member
{
    public Guid WorkspaceId { get; set; }

    public Guid UserId { get; set; }

    /// <summary><c>owner</c>, <c>admin</c>, <c>member</c> or <c>viewer</c>.</summary>
    public required string Role { get; set; }

    public DateTimeOffset JoinedAt { get; set; }
}
