namespace LinkShort.Visitors;

/// <summary>
/// Classifies a visitor from the whole request: the name in the User-Agent header, the purpose, the network, and the header fields that every
/// browser sends. Takes less than a microsecond and allocates nothing.
/// </summary>
public static class VisitorClassifier
{
    private static readonly string[] NetworkReasons = [.. ClickClasses.Names.Select(name => name + " network")];

    /// <param name="userAgent">The User-Agent header.</param>
    /// <param name="purpose">The header that states a purpose, see <see cref="Purposes"/>.</param>
    /// <param name="hasAcceptLanguage">Whether there is a non-empty Accept-Language header.</param>
    /// <param name="network">The result of <see cref="Networks.KnownNetworks.Find"/> for the address.</param>
    /// <param name="isHead">Whether the method is HEAD.</param>
    public static ClickClass Classify(string? userAgent, string? purpose, bool hasAcceptLanguage, ClickClass? network, bool isHead = false)
    {
        var named = UserAgents.Parse(userAgent, out var reason).Class;
        return Explain(new Classification(named, reason), purpose, hasAcceptLanguage, network, isHead).Class;
    }

    /// <param name="named">The class and reason from <see cref="UserAgents.Parse(string, out string)"/>.</param>
    /// <inheritdoc cref="Classify(string?, string?, bool, ClickClass?, bool)"/>
    public static Classification Explain(Classification named, string? purpose, bool hasAcceptLanguage, ClickClass? network, bool isHead = false)
    {
        // A client that identifies as a bot is believed, because it gains nothing by lying.
        if (named.Class.IsBot())
        {
            return named;
        }

        // Machines that don't identify themselves, such as mail protection that claims to be Chrome.
        if (network is { } known)
        {
            return new Classification(known, NetworkReasons[(int)known]);
        }

        if (Purposes.IsPrefetch(purpose))
        {
            return new Classification(ClickClass.Prefetch, "prefetch header");
        }

        if (named.Class == ClickClass.Human)
        {
            // People don't navigate with HEAD; link checkers and mail protection send it.
            if (isHead)
            {
                return new Classification(ClickClass.Scanner, "browser with HEAD");
            }

            // Every browser sends its user's languages (RFC 9110, 12.5.4); scripts that imitate a browser's name often don't.
            if (!hasAcceptLanguage)
            {
                return new Classification(ClickClass.Tool, "browser without Accept-Language");
            }
        }

        return named;
    }
}
