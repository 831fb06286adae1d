using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// Outages are defined in Outages.cs only: a catch filter that lists exceptions of several dependencies defines them again, and omits some. One
/// exception may be named, for a filter that is narrower or wider on purpose.
/// </summary>
internal static partial class OutageFilters
{
    private const string Home = "ServiceDefaults/Defaults/Outages.cs";

    private static readonly HashSet<string> OfDependencies =
    [
        "DbException", "NpgsqlException", "PostgresException", "DbUpdateException",
        "RedisException", "RedisConnectionException", "RedisServerException", "RedisTimeoutException",
        "HttpRequestException", "SocketException", "TimeoutException", "BrokenCircuitException", "TimeoutRejectedException",
        "BrokerUnreachableException", "AlreadyClosedException", "OperationInterruptedException", "RabbitMqConnectionException", "ConnectionException",
    ];

    public static IEnumerable<string> Check(IEnumerable<Source> sources) => sources
        .Where(source => source.Path != Home && source.Part is not ("hosting" or "AppHost"))
        .SelectMany(source => source.Syntax.DescendantNodes().OfType<CatchFilterClauseSyntax>()
            .Select(filter => (Filter: filter, Named: filter.DescendantNodes().OfType<IdentifierNameSyntax>()
                .Select(name => name.Identifier.Text).Where(OfDependencies.Contains).Distinct(StringComparer.Ordinal).ToList()))
            .Where(found => found.Named.Count > 1)
            .Select(found => $"{source.At(found.Filter)}: names {string.Join(", ", found.Named)}"));

    /// <summary>The same for the code in pages, line by line.</summary>
    public static IEnumerable<string> CheckPages(IEnumerable<Source> pages) => pages
        .SelectMany(page => page.Text.Split('\n').Select((line, index) => (Page: page, Line: index + 1, Filter: Filter().Match(line).Value)))
        .Select(found => (found.Page, found.Line, Named: OfDependencies.Where(name => Regex.IsMatch(found.Filter, $@"\b{name}\b")).ToList()))
        .Where(found => found.Named.Count > 1)
        .Select(found => $"{found.Page.Path}:{found.Line}: names {string.Join(", ", found.Named)}");

    [GeneratedRegex(@"\bcatch\b.*\bwhen\b.*")]
    private static partial Regex Filter();
}
