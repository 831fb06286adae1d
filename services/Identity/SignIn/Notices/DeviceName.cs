using LinkShort.Visitors;

namespace LinkShort.Identity.SignIn.Notices;

/// <summary>A short name of the device that sent a request, by which its user recognises it.</summary>
public static class DeviceName
{
    /// <returns><c>Firefox, Linux</c>, or one of both; null if unknown. Never the header's own text, which would let a stranger write into our emails.</returns>
    public static string? Of(string? userAgent)
    {
        var agent = UserAgents.Parse(userAgent ?? "");
        string[] known = [.. new[] { agent.Browser, agent.Os }.Where(fact => fact != VisitorFacts.Unknown)];
        return known.Length == 0 ? null : string.Join(", ", known);
    }
}
