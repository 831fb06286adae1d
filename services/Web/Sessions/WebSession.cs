using LinkShort.Web.Api;
using LinkShort.Web.Viewing;

namespace LinkShort.Web.Sessions;

/// <summary>What the web app keeps of a signed-in visitor. It never leaves the server.</summary>
public sealed record WebSession(
    string Email,
    string? Name,
    string AccessToken,
    string RefreshToken,
    DateTimeOffset AccessTokenExpiresAt,
    DateTimeOffset StartedAt)
{
    /// <summary>What forms are bound to: stays the same while the address changes.</summary>
    public string? Subject { get; init; }

    /// <summary>Null: not known (yet).</summary>
    public bool? EmailVerified { get; init; }

    /// <summary>Of the profile: open, dismissed or completed; null: not known (yet).</summary>
    public string? Onboarding { get; init; }

    /// <summary>IANA name; null: that of the device.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Not null: an operator looks at somebody's account.</summary>
    public AccountViewing? Viewing { get; init; }

    /// <summary>What the API is asked with.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string ApiToken => Viewing?.AccessToken ?? AccessToken;
}

/// <summary>The request's session, set by <see cref="SessionAuthentication"/> before any page runs.</summary>
public sealed class CurrentSession
{
    public WebSession? Current { get; set; }

    /// <summary>The cookie's value, while <see cref="Current"/> is there.</summary>
    public string? Id { get; set; }

    /// <summary>The session store did not answer: whether the visitor is signed in is not known.</summary>
    public bool StoreIsDown { get; set; }

    /// <summary>The API did not answer when the access token had to be renewed. The session itself may be fine.</summary>
    public bool ApiIsDown { get; set; }

    /// <summary>The tokens are being exchanged: a refused one isn't renewed by the call that finds it refused.</summary>
    public bool IsExchanging { get; set; }

    public bool IsUnknown => StoreIsDown || ApiIsDown;
}

public static class WebSessionProfile
{
    /// <summary>What pages show of the profile, as it is now.</summary>
    public static WebSession With(this WebSession session, Profile profile)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(profile);
        return session with
        {
            Email = profile.Email,
            Name = profile.Name,
            EmailVerified = profile.EmailVerified,
            Onboarding = profile.Onboarding,
            TimeZone = profile.TimeZone,
        };
    }
}
