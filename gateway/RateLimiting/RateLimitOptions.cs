using LinkShort.Gateway.Routing;
using Microsoft.Extensions.Options;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>At most <paramref name="Permits"/> requests in any stretch of <paramref name="Window"/>.</summary>
/// <param name="Name">As in the <c>RateLimit</c> fields and in telemetry.</param>
internal sealed record Limit(string Name, int Permits, TimeSpan Window);

/// <summary>The three policies: <c>RateLimits__{Auth|CreateLink|ApiCall}__{PermitLimit|WindowSeconds}</c>.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>A window is kept in Redis as one entry per request; more would cost memory that no caller is worth.</summary>
    private const int MostPermits = 100_000;

    /// <summary>Whatever tries a password, a code, a token or an address, by account and client address: 5 in 15 minutes.</summary>
    public Limit Auth { get; private init; } = new("auth", 5, TimeSpan.FromMinutes(15));

    /// <summary>New links, by user: 10 a minute.</summary>
    public Limit CreateLink { get; private init; } = new("createLink", 10, TimeSpan.FromMinutes(1));

    /// <summary>Every other call of the API, by user: 60 a minute.</summary>
    public Limit ApiCall { get; private init; } = new("apiCall", 60, TimeSpan.FromMinutes(1));

    /// <summary>
    /// Attempts from one client address that name a secret instead of an account: whoever makes secrets up has a new one each time. As
    /// many as other calls, so that the people behind one address don't use up each other's permits.
    /// </summary>
    public Limit Attempts => ApiCall with { Name = "attempts" };

    public Limit? For(LimitPolicy policy) => policy switch
    {
        LimitPolicy.Auth or LimitPolicy.Confirm => Auth,
        LimitPolicy.CreateLink => CreateLink,
        LimitPolicy.ApiCall => ApiCall,
        _ => null,
    };

    /// <exception cref="OptionsValidationException">Names every setting that is wrong, and what would be right.</exception>
    public static RateLimitOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var defaults = new RateLimitOptions();
        List<string> failures = [];
        var options = new RateLimitOptions
        {
            Auth = Limit(nameof(Auth), defaults.Auth),
            CreateLink = Limit(nameof(CreateLink), defaults.CreateLink),
            ApiCall = Limit(nameof(ApiCall), defaults.ApiCall),
        };
        return failures.Count == 0 ? options : throw new OptionsValidationException(Section, typeof(RateLimitOptions), failures);

        Limit Limit(string policy, Limit fallback) => fallback with
        {
            Permits = Number(policy, "PermitLimit", fallback.Permits, MostPermits),
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
