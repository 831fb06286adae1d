using System.Net;
using System.Runtime.CompilerServices;
using LinkShort.Visitors;
using LinkShort.Visitors.Geography;
using LinkShort.Visitors.Networks;
using Microsoft.Extensions.Primitives;

namespace LinkShort.Redirect.Clicks;

/// <summary>Writes clicks to the spool, without the visitor's address.</summary>
public sealed class ClickRecorder(ClickSpool spools, DailySalt salt, Places places, KnownNetworks networks, ClickTraces traces, RedirectTelemetry telemetry)
{
    /// <param name="headers">Of the request.</param>
    /// <param name="address">Of the visitor. Its place, its network and a hash are written, the address itself is not.</param>
    /// <param name="variant">Name of the chosen A/B variant; null for none.</param>
    [SkipLocalsInit]
    public void Record(IHeaderDictionary headers, IPAddress? address, Route route, DateTimeOffset now, string? variant = null)
    {
        var userAgent = First(headers.UserAgent);
        // Sec-GPC (https://www.w3.org/TR/gpc/) and DNT: the click is counted, without a visitor.
        var asksNotToBeProfiled = First(headers["Sec-GPC"]) == "1" || First(headers["DNT"]) == "1";
        long? visitor = asksNotToBeProfiled
            ? null
            : VisitorHash.Of(salt.At(now), route.WorkspaceId, address, userAgent);

        var place = places.Find(address);
        var origin = new ClickOrigin(
            place.Country,
            asksNotToBeProfiled ? null : place.Region,
            asksNotToBeProfiled ? null : place.City,
            networks.Find(address)?.Name(),
            variant);
        var recorded = new ClickHeaders(
            userAgent, First(headers.Referer), First(headers.AcceptLanguage), Purposes.Of(headers));
        Span<byte> record = stackalloc byte[ClickRecord.MaxSize];
        var length = ClickRecord.Write(record, now, route.LinkId, route.WorkspaceId, visitor, in recorded, in origin);
        traces.Visited(headers, now);
        if (!spools.Own.TryAppend(record[..length], out var reason))
        {
            telemetry.ClickNotKept(reason!);
        }
    }

    private static string? First(StringValues values) => values.Count == 0 ? null : values[0];
}
