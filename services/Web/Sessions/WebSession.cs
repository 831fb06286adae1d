namespace LinkShort.Web.Sessions;

/// <summary>What the web app keeps of a signed-in visitor. It never leaves the server.</summary>
public sealed record WebSession(
    string Email,
    string? Name,
    string AccessToken,
    string RefreshToken,
    DateTimeOffset AccessTokenExpiresAt,
    DateTimeOffset StartedAt);

/// <summary>The request's session, set by <see cref="SessionAuthentication"/> before any page runs.</summary>
public sealed class CurrentSession
{
    public WebSession? Current { get; set; }

    /// <summary>The session store did not answer: whether the visitor is signed in is not known.</summary>
    public bool StoreIsDown { get; set; }

    /// <summary>The API did not answer when the access token had to be renewed. The session itself may be fine.</summary>
    public bool ApiIsDown { get; set; }

    /// <summary>The tokens are being exchanged: a refused one isn't renewed by the call that finds it refused.</summary>
    public bool IsExchanging { get; set; }

    public bool IsUnknown => StoreIsDown || ApiIsDown;
}
