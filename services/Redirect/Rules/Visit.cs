using System.Net;
using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using LinkShort.Visitors;
using LinkShort.Visitors.Geography;
using LinkShort.Visitors.Networks;

namespace LinkShort.Redirect.Rules;

/// <summary>
/// The facts about a visitor that a link's rules can use. Each is determined on first use, because most links use none. Exists for one
/// request; nothing is stored.
/// </summary>
/// <param name="headers">Of the request.</param>
/// <param name="address">Of the visitor.</param>
/// <param name="query">As sent, without the question mark.</param>
/// <param name="salt">Of the day, see <see cref="DailySalt"/>.</param>
public sealed class Visit(IHeaderDictionary headers, IPAddress? address, string query, bool isHead, byte[] salt, Places places, KnownNetworks networks)
{
    private UserAgent? _agent;
    private string? _reason;
    private ClickClass? _class;
    private Place? _place;
    private bool _hasReadLanguage;
    private ParsedTag? _language;
    private IReadOnlyList<KeyValuePair<string, string>>? _parameters;

    /// <summary>A visit from a description instead of a request.</summary>
    internal static Visit Of(DescribedVisitor visitor, Places places, KnownNetworks networks)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        if (visitor.Language is { } language)
        {
            headers.AcceptLanguage = language;
        }

        if (visitor.Referrer is { } referrer)
        {
            headers.Referer = $"https://{referrer}/";
        }

        var @class = visitor.Device switch { "bot" => ClickClass.Crawler, "preview" => ClickClass.Preview, _ => ClickClass.Human };
        return new Visit(headers, null, visitor.Query ?? "", isHead: false, [], places, networks)
        {
            _agent = new UserAgent(@class, visitor.Browser ?? VisitorFacts.Unknown, visitor.Os ?? VisitorFacts.Unknown, visitor.Device ?? VisitorFacts.Unknown),
            _class = @class,
            _place = new Place(visitor.Country, visitor.Region, visitor.City),
        };
    }

    /// <summary>As sent, without the question mark.</summary>
    public string Query { get; } = query;

    public UserAgent Agent => _agent ??= UserAgents.Parse(First(headers.UserAgent), out _reason);

    /// <summary>Ignores the method: HEAD gets the same answer as GET.</summary>
    public ClickClass Class => _class ??= VisitorClassifier.Explain(
        new Classification(Agent.Class, _reason), Purposes.Of(headers), !string.IsNullOrWhiteSpace(First(headers.AcceptLanguage)), networks.Find(address)).Class;

    /// <summary>Only the country for visitors who ask not to be profiled (Sec-GPC, DNT).</summary>
    public Place Place => _place ??= AsksNotToBeProfiled ? new Place(places.Find(address).Country, null, null) : places.Find(address);

    private bool AsksNotToBeProfiled => First(headers["Sec-GPC"]) == "1" || First(headers["DNT"]) == "1";

    /// <summary>As in <see cref="RuleCondition.Device"/>, in any case. Bots always have <c>bot</c>.</summary>
    public string Device => Class.IsBot() ? "bot" : Agent.Device;

    /// <summary>Whether this visit counts towards the link's click limit: people, and tools started by people, who follow the link.</summary>
    public bool Consumes => !isHead && Class.UsesUpClick();

    /// <summary>The visitor's preferred language; null for none.</summary>
    public ParsedTag? Language
    {
        get
        {
            if (!_hasReadLanguage)
            {
                (_hasReadLanguage, _language) = (true, Languages.BestOf(First(headers.AcceptLanguage)) is { } tag ? LanguageTags.Parse(tag) : null);
            }

            return _language;
        }
    }

    /// <summary>As sent.</summary>
    public string? Referrer => First(headers.Referer);

    /// <summary>Host of the referring page, in lower case and punycode; null for none.</summary>
    public string? ReferrerHost => Referrers.HostOf(Referrer);

    /// <summary>The parameters of <see cref="Query"/>, decoded as in forms: <c>+</c> is a space.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => _parameters ??= ReadParameters(Query);

    /// <summary>
    /// A random number that is the same for this visitor and link all day on every replica, and reveals neither: the first 64 bits of a hash
    /// with the daily salt. Also used for visitors who ask not to be profiled; it is not recorded for them.
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
