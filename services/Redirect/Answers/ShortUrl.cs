using LinkShort.Contracts;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Answers;

/// <summary>The short URL that a visitor requested, on the host that it belongs to.</summary>
internal static class ShortUrl
{
    /// <summary>
    /// Scheme and host of <see cref="ShortUrlOptions"/>, not those of the request, which anybody may write; the path as sent, without the query.
    /// </summary>
    public static string Of(HttpContext context) =>
        context.RequestServices.GetRequiredService<IOptions<ShortUrlOptions>>().Value.ShortUrlBase.TrimEnd('/') + PathOf(context);

    /// <summary>The same without the plus sign at the end, whether literal or percent-encoded.</summary>
    public static string OfQuestioned(HttpContext context)
    {
        var url = Of(context);
        return url[..^(url.EndsWith('+') ? 1 : "%2B".Length)];
    }

    /// <summary>The path of the request line, undecoded, without trailing slashes.</summary>
    public static string PathOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            // The absolute form, which clients send to proxies.
            target = Uri.TryCreate(target, UriKind.Absolute, out var absolute) ? absolute.AbsolutePath : "/";
        }

        var end = target.AsSpan().IndexOfAny('?', '#');
        return (end < 0 ? target : target[..end]).TrimEnd('/');
    }
}
