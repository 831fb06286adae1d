using System.Collections.Frozen;
using System.Globalization;
using LinkShort.Contracts;
using LinkShort.Visitors;

namespace LinkShort.Redirect.Rules;

/// <summary>A compiled <see cref="RuleCondition"/>. Texts are compared case-insensitively; an unknown fact about a visitor equals nothing.</summary>
public abstract class Condition
{
    public abstract bool Holds(Visit visit, DateTimeOffset now);

    public static Condition Of(RuleCondition condition)
    {
        return condition switch
        {
            { All: { } all } => new AllOf([.. all.Select(Of)]),
            { Any: { } any } => new AnyOf([.. any.Select(Of)]),
            { Not: { } not } => new NotThat(Of(not)),
            { Continent: { } continents } => new OneOf(continents, visit => visit.Place.Continent),
            { Country: { } countries } => new OneOf(countries, visit => visit.Place.Country),
            { Region: { } regions } => new OneOf(regions, visit => visit.Place.Region),
            { City: { } cities } => new OneOf(cities, visit => visit.Place.City),
            { Device: { } devices } => new OneOf(devices, visit => visit.Device),
            { Os: { } systems } => new OneOf(systems, visit => visit.Agent.Os),
            { Browser: { } browsers } => new OneOf(browsers, visit => visit.Agent.Browser),
            { Language: { } languages } => new InLanguage(languages),
            { Referrer: { } referrers } => new FromHost(referrers),
            { Query: { } query } => new HasParameter(query),
            { Time: { } time } => new TimeWindowCondition(time),
            // Created by a newer version: a condition that this replica can't evaluate never holds.
            _ => Never.Instance,
        };
    }

    private sealed class AllOf(Condition[] conditions) : Condition
    {
        public override bool Holds(Visit visit, DateTimeOffset now) => Array.TrueForAll(conditions, condition => condition.Holds(visit, now));
    }

    private sealed class AnyOf(Condition[] conditions) : Condition
    {
        public override bool Holds(Visit visit, DateTimeOffset now) => Array.Exists(conditions, condition => condition.Holds(visit, now));
    }

    private sealed class NotThat(Condition condition) : Condition
    {
        public override bool Holds(Visit visit, DateTimeOffset now) => !condition.Holds(visit, now);
    }

    private sealed class Never : Condition
    {
        public static readonly Never Instance = new();

        public override bool Holds(Visit visit, DateTimeOffset now) => false;
    }

    private sealed class OneOf(IEnumerable<string> values, Func<Visit, string?> fact) : Condition
    {
        private readonly FrozenSet<string> _values = values.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

        public override bool Holds(Visit visit, DateTimeOffset now) => fact(visit) is { } value && _values.Contains(value);
    }

    private sealed class InLanguage(IEnumerable<string> ranges) : Condition
    {
        private readonly ParsedTag[] _ranges = [.. ranges.Select(LanguageTags.Parse)];

        public override bool Holds(Visit visit, DateTimeOffset now) =>
            visit.Language is { } tag && Array.Exists(_ranges, range => LanguageTags.IsIn(tag, range));
    }

    private sealed class FromHost(IEnumerable<string> hosts) : Condition
    {
        private static readonly IdnMapping Idn = new();

        private readonly string[] _hosts = [.. hosts.Select(host => ToAscii(host.Trim().TrimEnd('.').ToLowerInvariant()))];

        public override bool Holds(Visit visit, DateTimeOffset now)
        {
            var from = visit.ReferrerHost;
            return Array.Exists(_hosts, host => from is null
                ? host == Referrers.Direct
                : host != Referrers.Direct && from.EndsWith(host, StringComparison.Ordinal) && (from.Length == host.Length || from[^(host.Length + 1)] == '.'));
        }

        private static string ToAscii(string host)
        {
            try
            {
                return Idn.GetAscii(host);
            }
            catch (ArgumentException)
            {
                // Not a valid host, so it never matches.
                return host;
            }
        }
    }

    private sealed class HasParameter(QueryCondition query) : Condition
    {
        public override bool Holds(Visit visit, DateTimeOffset now)
        {
            foreach (var (name, value) in visit.Parameters)
            {
                if (name.Equals(query.Name, StringComparison.OrdinalIgnoreCase)
                    && (query.Values is not { Count: > 0 } values || values.Contains(value, StringComparer.OrdinalIgnoreCase)))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
