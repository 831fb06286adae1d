using System.Net;
using System.Runtime.CompilerServices;
using LinkShort.Visitors;
using LinkShort.Visitors.Geography;
using LinkShort.Visitors.Networks;
using Microsoft.Extensions.Primitives;

namespace LinkShort.Redirect.Clicks;

/// <summary>Writes an answered redirect into the spool, without its address.</summary>
public sealed class ClickRecorder(ClickSpool spools, DailySalt salt, Places places, KnownNetworks networks, ClickTraces traces, RedirectTelemetry telemetry)
{
    /// <param name="headers">The request's.</param>
    /// <param name="address">The visitor's. What it tells (a place, a known network, a part of the visitor's hash) is written, and it itself nowhere.</param>
    /// <param name="variant">Name of the A/B variant that was chosen; null for none.</param>
    [SkipLocalsInit]
    public void Record(IHeaderDictionary headers, IPAddress? address, Route route, DateTimeOffset now, string? variant = null)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(route);
        var userAgent = First(headers.UserAgent);
        // Sec-GPC (https://www.w3.org/TR/gpc/) and DNT: counted, not told apart.
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
        Span<byte> record = stackalloc byte[ClickRecord.MaxSize];
        var length = ClickRecord.Write(
            record, now, route.LinkId, route.WorkspaceId, visitor,
            userAgent, First(headers.Referer), First(headers.AcceptLanguage), First(headers["Sec-Purpose"]) ?? First(headers["Purpose"]),
            in origin);
        traces.Visited(headers, now);
        if (!spools.Own.TryAppend(record[..length], out var reason))
        {
            telemetry.ClickNotKept(reason!);
        }
    }

    private static string? First(StringValues values) => values.Count == 0 ? null : values[0];
}
