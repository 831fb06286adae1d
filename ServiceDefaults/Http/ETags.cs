using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Strong entity tags from a resource's version (RFC 9110, 8.8.3 and 13.1).</summary>
public static class ETags
{
    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"\"v{version}\"");

    public static void Write(HttpResponse response, long version) => response.Headers.ETag = Of(version);

    /// <returns>False if <c>If-Match</c> is present with neither this version nor <c>*</c>: respond with 412.</returns>
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

    /// <returns>True if <c>If-None-Match</c> contains this version: respond with 304.</returns>
    public static bool IfNoneMatch(HttpRequest request, long version) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Tag.Equals(Of(version), StringComparison.Ordinal));
}
