using System.Diagnostics.Metrics;

namespace LinkShort.Identity;

/// <summary>identity's metrics. Tags carry no personal data.</summary>
public sealed class IdentityMetrics
{
    public const string MeterName = "LinkShort.Identity";

    private readonly Counter<long> _registrations;
    private readonly Counter<long> _logins;
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _exchanges;
    private readonly Counter<long> _rotations;

    public IdentityMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _registrations = meter.CreateCounter<long>("linkshort.identity.registrations", "{account}", "Accounts created.");
        _logins = meter.CreateCounter<long>("linkshort.identity.logins", "{attempt}", "Sign-ins by outcome: succeeded, challenged (a second factor is asked for), refused, locked_out.");
        _refreshes = meter.CreateCounter<long>("linkshort.identity.refreshes", "{attempt}", "Refreshes by outcome: rotated, refused, reused. Each reuse ended a session.");
        _exchanges = meter.CreateCounter<long>("linkshort.identity.api_key_exchanges", "{attempt}", "API keys exchanged for tokens by outcome: issued, refused.");
        _rotations = meter.CreateCounter<long>("linkshort.identity.signing_keys_created", "{key}", "Signing keys created by this replica.");
    }

    public void Registered() => _registrations.Add(1);

    public void LoggedIn(string outcome) => _logins.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Refreshed(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Exchanged(string outcome) => _exchanges.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void SigningKeyCreated() => _rotations.Add(1);
}
