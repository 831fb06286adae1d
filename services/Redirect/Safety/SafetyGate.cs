using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Redirect.Safety;

/// <summary>Refuses visitors of suspended links and blocked destinations, and addresses that have requested too many unknown codes.</summary>
public sealed class SafetyGate(DestinationSafety safety, UnknownCodeLimiter unknownCodes, ClientAddress address, RedirectTelemetry telemetry)
{
    /// <returns>The refusal being written; null if the visitor may continue.</returns>
    public Task? Refuse(HttpContext context, Lookup lookup)
    {
        if (lookup.Route is { } route && safety.Of(route) is var objection && objection != Objection.None)
        {
            // The page does not name the destination of a protected link.
            return SafetyPages.WriteAsync(context, objection, route.Behavior?.PasswordHash is null ? route.Destination : "", telemetry);
        }

        return lookup.Outcome == Outcome.NotFound
            && unknownCodes.Count(address.Find(context.Request.Headers, context.Connection.RemoteIpAddress, out _)) is > 0 and var seconds
                ? SafetyPages.WriteLimitedAsync(context, seconds, telemetry)
                : null;
    }

    /// <summary>Refuses a destination that rules or variants chose. Called after <see cref="Refuse(HttpContext, Lookup)"/>.</summary>
    /// <inheritdoc cref="Refuse(HttpContext, Lookup)"/>
    public Task? Refuse(HttpContext context, Route route, string destination) =>
        !safety.IsClear(route) && safety.Of(destination) is var objection && objection != Objection.None
            ? SafetyPages.WriteAsync(context, objection, destination, telemetry)
            : null;
}
