using System.Net;
using LinkShort.Redirect.Clicks;
using LinkShort.Visitors;
using LinkShort.Visitors.Geography;
using LinkShort.Visitors.Networks;

namespace LinkShort.Redirect.Rules;

/// <summary>
/// What a link's rules can ask about a visitor. Each fact is found out when it is first asked for: most links ask for none. Lives for
/// one request; nothing of it is kept.
/// </summary>
/// <param name="headers">The request's.</param>
/// <param name="address">The visitor's.</param>
/// <param name="query">As it came over the wire, without the question mark.</param>
/// <param name="salt">The day's, see <see cref="DailySalt"/>.</param>
public sealed class Visit(IHeaderDictionary headers, IPAddress? address, string query, bool isHead, byte[] salt, Places places, KnownNetworks networks)
{
    private UserAgent? _agent;
    private ClickClass? _class;
    private Place? _place;
    private IReadOnlyList<KeyValuePair<string, string>>? _parameters;

    /// <summary>As it came over the wire, without the question mark.</summary>
    public string Query { get; } = query;

    public UserAgent Agent => _agent ??= UserAgents.Parse(First(headers.UserAgent));

    /// <summary>HEAD is answered as GET would be, so it makes nobody a bot here.</summary>
    public ClickClass Class => _class ??= VisitorClassifier.Classify(
        Agent.Class, First(headers["Sec-Purpose"]) ?? First(headers["Purpose"]), !string.IsNullOrWhiteSpace(First(headers.AcceptLanguage)), networks.Find(address));

    /// <summary>As far as the visitor wants it looked at: who asks not to be profiled (Sec-GPC, DNT) is somewhere in a country.</summary>
    public Place Place => _place ??= AsksNotToBeProfiled ? new Place(places.Find(address).Country, null, null) : places.Find(address);

    private bool AsksNotToBeProfiled => First(headers["Sec-GPC"]) == "1" || First(headers["DNT"]) == "1";

    /// <summary>As <see cref="Contracts.RuleCondition.Device"/> names it, in any case: automatic visitors have none but <c>bot</c>.</summary>
    public string Device => Class.IsBot() ? "bot" : Agent.Device;

    /// <summary>Whether this visit uses up one of those that the link allows: people, and tools in people's hands, who really follow it.</summary>
    public bool Consumes => !isHead && Class.UsesUpClick();

    /// <summary>BCP 47 tag of the language that the visitor wants most; null for none.</summary>
    public string? Language => Languages.BestOf(First(headers.AcceptLanguage));

    /// <summary>As sent.</summary>
    public string? Referrer => First(headers.Referer);

    /// <summary>Host of the page that the visitor comes from, in lower case and punycode; null for none.</summary>
    public string? ReferrerHost => Referrers.HostOf(Referrer);

    /// <summary>The parameters of <see cref="Query"/> as forms are read: a <c>+</c> is a blank.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => _parameters ??= ReadParameters(Query);

    /// <summary>
    /// A number that is the same for this visitor and link all day, on every replica, and says nothing of either: the first 64 bits of a
    /// hash with the day's salt. Made for visitors who ask not to be profiled, too; nothing of it is recorded for them.
    /// </summary>
    public ulong Draw(Guid linkId) => unchecked((ulong)VisitorHash.Of(salt, linkId, address, First(headers.UserAgent)));

    private static string? First(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values[0];

    private static List<KeyValuePair<string, string>> ReadParameters(string query)
    {
        List<KeyValuePair<string, string>> parameters = [];
        foreach (var segment in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = segment.IndexOf('=', StringComparison.Ordinal);
            parameters.Add(equals < 0
                ? new(WebUtility.UrlDecode(segment), "")
                : new(WebUtility.UrlDecode(segment[..equals]), WebUtility.UrlDecode(segment[(equals + 1)..])));
        }

        return parameters;
    }
}
