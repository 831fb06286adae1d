using LinkShort.Values;
using LinkShort.Visitors;
using LinkShort.Visitors.Geography;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>Where a session was started, for its owner to recognise it. Without the IP address.</summary>
/// <param name="Browser">Such as <c>Firefox</c>; null if unknown.</param>
/// <param name="Device"><c>desktop</c>, <c>mobile</c>, …</param>
/// <param name="Network">IPv4 /24 or IPv6 /48.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
public sealed record SessionOrigin(string? Browser, string? Os, string? Device, string? Network, string? Country, string? City)
{
    public static SessionOrigin Of(HttpContext context, Places places)
    {
        var agent = UserAgents.Parse(context.Request.Headers.UserAgent.ToString());
        var address = context.Connection.RemoteIpAddress;
        var place = places.Find(address);
        return new SessionOrigin(Known(agent.Browser), Known(agent.Os), Known(agent.Device), NetworkPrefix.Coarse(address), place.Country, place.City);
    }

    private static string? Known(string fact) => fact == VisitorFacts.Unknown ? null : fact;
}
