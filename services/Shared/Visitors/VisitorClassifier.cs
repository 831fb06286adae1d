namespace LinkShort.Visitors;

/// <summary>
/// Classifies a visitor from the whole request: the name in the User-Agent header, the purpose, the network, and the header fields that every
/// browser sends. Takes less than a microsecond and allocates nothing.
/// </summary>
public static class VisitorClassifier
{
    /// <param name="userAgent">The User-Agent header.</param>
    /// <param name="purpose">The Sec-Purpose or Purpose header.</param>
    /// <param name="hasAcceptLanguage">Whether there is a non-empty Accept-Language header.</param>
    /// <param name="network">The result of <see cref="Networks.KnownNetworks.Find"/> for the address.</param>
    /// <param name="isHead">Whether the method is HEAD.</param>
    public static ClickClass Classify(string? userAgent, string? purpose, bool hasAcceptLanguage, ClickClass? network, bool isHead = false) =>
        Classify(UserAgents.Parse(userAgent).Class, purpose, hasAcceptLanguage, network, isHead);

    /// <param name="named">The class from <see cref="UserAgents.Parse"/>.</param>
    /// <inheritdoc cref="Classify(string?, string?, bool, ClickClass?, bool)"/>
    public static ClickClass Classify(ClickClass named, string? purpose, bool hasAcceptLanguage, ClickClass? network, bool isHead = false)
    {
        // A client that identifies as a bot is believed, because it gains nothing by lying.
        if (named.IsBot())
        {
            return named;
        }

        // Machines that don't identify themselves, such as mail protection that claims to be Chrome.
        if (network is { } known)
        {
            return known;
        }

        if (IsPrefetch(purpose))
        {
            return ClickClass.Prefetch;
        }

        if (named == ClickClass.Human)
        {
            // People don't navigate with HEAD; link checkers and mail protection send it.
            if (isHead)
            {
                return ClickClass.Scanner;
            }

            // Every browser sends its user's languages (RFC 9110, 12.5.4); scripts that imitate a browser's name often don't.
            if (!hasAcceptLanguage)
            {
                return ClickClass.Tool;
            }
        }

        return named;
    }

    /// <summary>
    /// <c>Sec-Purpose: prefetch;prerender</c> (https://wicg.github.io/nav-speculation/prefetch.html), <c>Purpose: prefetch</c>, Safari's
    /// <c>preview</c>.
    /// </summary>
    private static bool IsPrefetch(string? purpose) =>
        purpose is not null
        && (purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("prerender", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase));
}
