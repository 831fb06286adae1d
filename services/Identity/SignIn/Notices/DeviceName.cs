using LinkShort.Visitors;

namespace LinkShort.Identity.SignIn.Notices;

/// <summary>What people would call the thing that sent a request: enough to say "that was me".</summary>
public static class DeviceName
{
    /// <returns><c>Firefox, Linux</c>, or one of both; null for what we don't know: its own words would let a stranger write our mails.</returns>
    public static string? Of(string? userAgent)
    {
        var agent = UserAgents.Parse(userAgent ?? "");
        string[] known = [.. new[] { agent.Browser, agent.Os }.Where(fact => fact != VisitorFacts.Unknown)];
        return known.Length == 0 ? null : string.Join(", ", known);
    }
}
