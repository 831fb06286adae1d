using LinkShort.Web.Api;
using LinkShort.Web.Viewing;

namespace LinkShort.Web.Sessions;

/// <summary>A signed-in visitor's session. It never leaves the server.</summary>
public sealed record WebSession(
    string Email,
    string? Name,
    string AccessToken,
    string RefreshToken,
    DateTimeOffset AccessTokenExpiresAt,
    DateTimeOffset StartedAt)
{
    /// <summary>Identifies the user in form tokens, because the email address can change.</summary>
    public string? Subject { get; init; }

    /// <summary>Null if not known yet.</summary>
    public bool? EmailVerified { get; init; }

    /// <summary>From the profile: open, dismissed or completed; null if not known yet.</summary>
    public string? Onboarding { get; init; }

    /// <summary>IANA name; null for the device's time zone.</summary>
    public string? TimeZone { get; init; }

    /// <summary>BCP 47; null if not known yet.</summary>
    public string? Locale { get; init; }

    /// <summary>Not null while an operator views a user's account.</summary>
    public AccountViewing? Viewing { get; init; }

    /// <summary>The token for API calls.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string ApiToken => Viewing?.AccessToken ?? AccessToken;
}

/// <summary>The request's session, set by <see cref="SessionAuthentication"/> before any page runs.</summary>
public sealed class CurrentSession
{
    public WebSession? Current { get; set; }

    /// <summary>The cookie's value, if <see cref="Current"/> is set.</summary>
    public string? Id { get; set; }

    /// <summary>The session store is unavailable: it is unknown whether the visitor is signed in.</summary>
    public bool StoreIsDown { get; set; }

    /// <summary>The API was unavailable when the access token had to be renewed. The session may still be valid.</summary>
    public bool ApiIsDown { get; set; }

    /// <summary>The tokens are being exchanged, so a call with a refused token doesn't renew it.</summary>
    public bool IsExchanging { get; set; }

    public bool IsUnknown => StoreIsDown || ApiIsDown;

    /// <summary>An operator of the installation, also while they view a user's account.</summary>
    public bool IsOperator => Current is { } current && AccessTokenClaims.Of(current.AccessToken).IsOperator;
}

public static class WebSessionProfile
{
    /// <summary>Updates the parts of the profile that pages show.</summary>
    public static WebSession With(this WebSession session, Profile profile)
    {
        return session with
        {
            Email = profile.Email,
            Name = profile.Name,
            EmailVerified = profile.EmailVerified,
            Onboarding = profile.Onboarding,
            TimeZone = profile.TimeZone,
            Locale = profile.Locale,
        };
    }
}
