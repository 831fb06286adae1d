namespace LinkShort.Visitors;

/// <summary>
/// Who came, from all that a request says: the name in the User-Agent header, what the sender means to do with the page, the network it
/// came from, and what every browser sends. Takes less than a microsecond and allocates nothing.
/// </summary>
public static class VisitorClassifier
{
    /// <param name="userAgent">The User-Agent header.</param>
    /// <param name="purpose">The Sec-Purpose or Purpose header.</param>
    /// <param name="hasAcceptLanguage">Whether there is an Accept-Language header that says something.</param>
    /// <param name="network">What <see cref="Networks.KnownNetworks.Find"/> said of the address.</param>
    /// <param name="isHead">Whether only the headers were asked for.</param>
    public static ClickClass Classify(string? userAgent, string? purpose, bool hasAcceptLanguage, ClickClass? network, bool isHead = false) =>
        Classify(UserAgents.Parse(userAgent).Class, purpose, hasAcceptLanguage, network, isHead);

    /// <param name="named">What <see cref="UserAgents.Parse"/> said of the User-Agent header.</param>
    /// <inheritdoc cref="Classify(string?, string?, bool, ClickClass?, bool)"/>
    public static ClickClass Classify(ClickClass named, string? purpose, bool hasAcceptLanguage, ClickClass? network, bool isHead = false)
    {
        // Who says that it is automatic is believed: nobody gains by that.
        if (named.IsBot())
        {
            return named;
        }

        // Machines that don't say so, such as mail protection that claims to be Chrome.
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
            // Nobody navigates with HEAD; link checkers and mail protection do.
            if (isHead)
            {
                return ClickClass.Scanner;
            }

            // Every browser says which languages its user reads (RFC 9110, 12.5.4); scripts that borrow a browser's name forget to.
            if (!hasAcceptLanguage)
            {
                return ClickClass.Tool;
            }
        }

        return named;
    }

    /// <summary><c>Sec-Purpose: prefetch;prerender</c> (https://wicg.github.io/nav-speculation/prefetch.html), <c>Purpose: prefetch</c>, Safari's <c>preview</c>.</summary>
    private static bool IsPrefetch(string? purpose) =>
        purpose is not null
        && (purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("prerender", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase));
}
