using LinkShort.Clicks;
using LinkShort.Visitors;

namespace LinkShort.Analytics.Enrichment;

/// <summary>
/// Turns a batch's headers into countable facts. Each distinct user agent, referrer, … of the batch is parsed once: a few hundred make up
/// most traffic. Deterministic for a batch and its time of arrival: it is read twice, for the raw clicks and for the rollups.
/// </summary>
public sealed class EnrichedBatch
{
    /// <summary>
    /// A click may wait long in redirect's spool, and clocks of machines differ slightly. A time outside these limits is wrong, and is
    /// replaced by the time of arrival.
    /// </summary>
    public static readonly TimeSpan OldestAge = TimeSpan.FromDays(400);
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    private readonly ClickBatch _batch;
    private readonly DateTimeOffset _receivedAt;
    private readonly (UserAgent Agent, string? Reason)[] _agents;
    private readonly string[] _referrers;
    private readonly string[] _languages;
    private readonly Whereabouts[] _places;
    private readonly ClickClass?[] _networks;
    private readonly string?[] _variants;

    /// <param name="receivedAt">When the batch was first stored.</param>
    public EnrichedBatch(ClickBatch batch, DateTimeOffset receivedAt)
    {
        _batch = batch;
        _receivedAt = receivedAt;
        _agents = [.. batch.UserAgents.Select(header => (UserAgents.Parse(header, out var reason), reason))];
        _referrers = [.. batch.Referrers.Select(Referrers.DomainOf)];
        _languages = [.. batch.Languages.Select(Languages.PrimaryOf)];
        _places = [.. batch.Places.Select(Whereabouts.Of)];
        _networks = [.. batch.Networks.Select(ClickClasses.Parse)];
        _variants = [.. batch.Variants.Select(Clean)];
    }

    public int Count => _batch.Rows.Length;

    public EnrichedClick this[int index]
    {
        get
        {
            ref readonly var row = ref _batch.Rows[index];
            var link = _batch.Links[row.Link];
            var (agent, reason) = _agents[row.UserAgent];
            var place = _places[row.Place];
            var classified = VisitorClassifier.Explain(
                new Classification(agent.Class, reason), _batch.Purposes[row.Purpose], !string.IsNullOrWhiteSpace(_batch.Languages[row.Language]),
                _networks[row.Network]);
            return new EnrichedClick(
                row.ClickId,
                link.WorkspaceId,
                link.LinkId,
                IsPossible(row.At) ? row.At.UtcDateTime : _receivedAt.UtcDateTime,
                row.Visitor,
                classified.Class,
                classified.Reason,
                _referrers[row.Referrer],
                agent.Browser,
                agent.Os,
                agent.Device,
                _languages[row.Language],
                place.Country,
                place.Region,
                place.City,
                place.Geo,
                _variants[row.Variant]);
        }
    }

    /// <summary>The number of clicks with an impossible time.</summary>
    public int TimesCorrected
    {
        get
        {
            var corrected = 0;
            foreach (ref readonly var row in _batch.Rows)
            {
                corrected += IsPossible(row.At) ? 0 : 1;
            }

            return corrected;
        }
    }

    private bool IsPossible(DateTimeOffset at) => at >= _receivedAt - OldestAge && at <= _receivedAt + ClockTolerance;

    /// <summary>Removes NUL characters, which PostgreSQL's text type can't hold.</summary>
    private static string? Clean(string? text) => text is null || !text.Contains('\0', StringComparison.Ordinal) ? text : text.Replace("\0", "", StringComparison.Ordinal);

    private sealed record Whereabouts(string Country, string? Region, string City, string Geo)
    {
        public static Whereabouts Of(string? place)
        {
            var (country, region, city) = ClickPlace.Split(Clean(place));
            country ??= EnrichedClick.Unknown;
            city ??= EnrichedClick.Unknown;
            return new Whereabouts(country, region, city, country + "/" + city);
        }
    }
}
