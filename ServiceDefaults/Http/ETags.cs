using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Strong entity tags made of a resource's version (RFC 9110, 8.8.3 and 13.1).</summary>
public static class ETags
{
    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"\"v{version}\"");

    public static void Write(HttpResponse response, long version) => response.Headers.ETag = Of(version);

    /// <returns>False when <c>If-Match</c> is there and names neither this version nor <c>*</c>: answer 412.</returns>
    public static bool IfMatch(HttpRequest request, long version)
    {
        var values = request.Headers.IfMatch;
        if (values.Count == 0)
        {
            return true;
        }

        return EntityTagHeaderValue.TryParseList(values, out var tags)
            && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || (!tag.IsWeak && tag.Tag.Equals(Of(version), StringComparison.Ordinal)));
    }

    /// <returns>True when <c>If-None-Match</c> names this version: answer 304.</returns>
    public static bool IfNoneMatch(HttpRequest request, long version) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Tag.Equals(Of(version), StringComparison.Ordinal));
}
