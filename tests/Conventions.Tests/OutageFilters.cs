using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// Outages are defined in Outages.cs only: a catch filter that lists exceptions of several dependencies defines them again, and omits some. One
/// exception may be named, for a filter that is narrower or wider on purpose.
/// </summary>
internal static class OutageFilters
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
}
