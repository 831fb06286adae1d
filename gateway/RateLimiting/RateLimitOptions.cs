using LinkShort.Gateway.Routing;
using Microsoft.Extensions.Options;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>At most <paramref name="Permits"/> requests in any period of <paramref name="Window"/>.</summary>
/// <param name="Name">As in the <c>RateLimit</c> fields and in telemetry.</param>
internal sealed record Limit(string Name, int Permits, TimeSpan Window)
{
    /// <summary>Redis stores one entry per request of a window, so this bounds the memory per caller.</summary>
    public const int MostPermits = 100_000;

    public Limit Times(int factor) => factor <= 1 ? this : this with { Permits = (int)Math.Min((long)Permits * factor, MostPermits) };
}

/// <summary>The policies: <c>RateLimits__{Auth|CreateLink|ChangeLinks|ApiCall|FirstParty}__{PermitLimit|WindowSeconds}</c>.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Requests that try a password, a code, a token or an address, by account and client address: 5 in 15 minutes.</summary>
    public Limit Auth { get; private init; } = new("auth", 5, TimeSpan.FromMinutes(15));

    /// <summary>New links, by user: 10 per minute.</summary>
    public Limit CreateLink { get; private init; } = new("createLink", 10, TimeSpan.FromMinutes(1));

    /// <summary>Changes of many links, each of up to 200, by user: 30 per minute.</summary>
    public Limit ChangeLinks { get; private init; } = new("changeLinks", 30, TimeSpan.FromMinutes(1));

    /// <summary>Every other API call, by user: 60 per minute.</summary>
    public Limit ApiCall { get; private init; } = new("apiCall", 60, TimeSpan.FromMinutes(1));

    /// <summary>What pages of the web app read, several calls each, by user: 600 per minute. Nobody reads so fast; a loop over pages does.</summary>
    public Limit FirstParty { get; private init; } = new("firstParty", 600, TimeSpan.FromMinutes(1));

    /// <summary>
    /// Attempts from one client address that carry a secret instead of an account, because an attacker can make up a new secret each time. The
    /// permits equal those of other calls, so that users behind one address don't exhaust each other's.
    /// </summary>
    public Limit Attempts => ApiCall with { Name = "attempts" };

    /// <summary>
    /// API keys from one client address that identity is asked about and that turn out to be invalid. As many as other calls: each of them is one.
    /// </summary>
    public Limit InvalidKeys => ApiCall with { Name = "apiKeys" };

    /// <summary>
    /// Questions while something is typed and drawn QR codes, by user. They cost a query, a request to a stranger's server or a picture, and the web
    /// app's count like others.
    /// </summary>
    public Limit Lookups => ApiCall with { Name = "lookups" };

    public Limit? For(LimitPolicy policy) => policy switch
    {
        LimitPolicy.Auth or LimitPolicy.Confirm => Auth,
        LimitPolicy.CreateLink => CreateLink,
        LimitPolicy.ChangeLinks => ChangeLinks,
        LimitPolicy.ApiCall => ApiCall,
        LimitPolicy.Lookup => Lookups,
        _ => null,
    };

    /// <exception cref="OptionsValidationException">Lists every invalid setting and its valid values.</exception>
    public static RateLimitOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var defaults = new RateLimitOptions();
        List<string> failures = [];
        var options = new RateLimitOptions
        {
            Auth = Limit(nameof(Auth), defaults.Auth),
            CreateLink = Limit(nameof(CreateLink), defaults.CreateLink),
            ChangeLinks = Limit(nameof(ChangeLinks), defaults.ChangeLinks),
            ApiCall = Limit(nameof(ApiCall), defaults.ApiCall),
            FirstParty = Limit(nameof(FirstParty), defaults.FirstParty),
        };
        return failures.Count == 0 ? options : throw new OptionsValidationException(Section, typeof(RateLimitOptions), failures);

        Limit Limit(string policy, Limit fallback) => fallback with
        {
            Permits = Number(policy, "PermitLimit", fallback.Permits, RateLimiting.Limit.MostPermits),
            Window = TimeSpan.FromSeconds(Number(policy, "WindowSeconds", (int)fallback.Window.TotalSeconds, 7 * 24 * 3600)),
        };

        int Number(string policy, string name, int fallback, int most)
        {
            var text = section[$"{policy}:{name}"];
            if (string.IsNullOrWhiteSpace(text))
            {
                return fallback;
            }

            if (int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most)
            {
                return number;
            }

            failures.Add($"Setting {Section}__{policy}__{name} is '{text}'. Set it to a whole number from 1 to {most}, or leave it out for {fallback}.");
            return fallback;
        }
    }
}
