using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using LinkShort.Visitors.Geography;
using LinkShort.Visitors.Networks;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Rules;

/// <summary>Turns a request into a <see cref="Visit"/>.</summary>
public sealed class VisitReader(DailySalt salt, Places places, KnownNetworks networks)
{
    /// <param name="context">With the visitor's address as its remote address.</param>
    public Visit Read(HttpContext context, DateTimeOffset now)
    {
        var request = context.Request;
        var isHead = HttpMethods.IsHead(request.Method);
        return new Visit(request.Headers, context.Connection.RemoteIpAddress, QueryOf(context), isHead, salt.At(now), places, networks);
    }

    public Visit Describe(DescribedVisitor visitor) => Visit.Of(visitor, places, networks);

    /// <summary>The query as sent on the request line; the framework's is decoded and encoded again.</summary>
    private static string QueryOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? "" : target[(mark + 1)..];
    }
}
