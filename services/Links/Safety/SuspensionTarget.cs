using System.Diagnostics.CodeAnalysis;
using LinkShort.Blocklist;
using LinkShort.Links.Domain;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Links.Safety;

/// <summary>What an operator suspends, in the normalized form in which it is stored and published.</summary>
/// <param name="Kind"><see cref="Link"/>, <see cref="Workspace"/> or <see cref="Host"/>.</param>
/// <param name="Value">An id in lower case with hyphens, or a host in lower case and punycode.</param>
public sealed record SuspensionTarget(string Kind, string Value)
{
    public const string Link = "link";
    public const string Workspace = "workspace";
    public const string Host = "host";

    public static bool IsKind(string kind) => kind is Link or Workspace or Host;

    /// <param name="text">
    /// A link's id, one of its codes or its short URL; a workspace's id; a host, or a URL with that host.
    /// </param>
    /// <returns>Null, and an error that states the rule.</returns>
    public static async Task<(SuspensionTarget? Target, LocalizedText? Error)> FindAsync(
        string kind, string? text, CodeKeys keys, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case Workspace:
                return Guid.TryParse(text, out var workspace) ? (new SuspensionTarget(kind, workspace.ToString()), null) : (null, LinksTexts.Of("suspensions.workspace"));
            case Host:
                return TryParseHost(text, out var host) ? (new SuspensionTarget(kind, host), null) : (null, LinksTexts.Of("suspensions.host"));
            default:
                if (Guid.TryParse(text, out var id))
                {
                    return (new SuspensionTarget(kind, id.ToString()), null);
                }

                return CodeOf(text) is { } code && await FindIdAsync(connection, keys.Of("", code), cancellationToken) is { } found
                    ? (new SuspensionTarget(kind, found.ToString()), null)
                    : (null, LinksTexts.Of("suspensions.link"));
        }
    }

    private static bool TryParseHost(string? text, [NotNullWhen(true)] out string? host)
    {
        // A single label would be a whole top-level domain.
        host = CanonicalUrl.TryParse(text, out var url)
            && (url.IsAddress || (url.Host.Contains('.', StringComparison.Ordinal) && TargetUrl.TryGetAsciiName(url.Host, out _)))
            ? url.Host
            : null;
        return host is not null;
    }

    private static string? CodeOf(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var code = text.Trim();
        if (code.Contains("://", StringComparison.Ordinal))
        {
            if (!Uri.TryCreate(code, UriKind.Absolute, out var url))
            {
                return null;
            }

            code = Uri.UnescapeDataString(url.AbsolutePath);
        }

        return Slug.TryParse(code.Trim('/'), out var slug, out _) ? slug.Value : null;
    }

    private static Task<Guid?> FindIdAsync(NpgsqlConnection connection, string key, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Guid?>(
            """
            -- every workspace: an operator's question; (domain, code_key) is unique over all of them
            select link_id from link_codes where domain = '' and code_key = @key
            """,
            new { key }, cancellationToken);
}
