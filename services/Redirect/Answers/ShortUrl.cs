using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>The address that a visitor asked for, as they would write it again.</summary>
internal static class ShortUrl
{
    /// <summary>Scheme and host as the visitor sees them (see <see cref="ServiceDefaults.Auth.ClientAddress"/>), the path as it came, no query.</summary>
    public static string Of(HttpContext context)
    {
        var request = context.Request;
        return $"{request.Scheme}://{request.Host.ToUriComponent()}{PathOf(context)}";
    }

    /// <summary>The same without the plus sign at its end, however that was written.</summary>
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
            // The absolute form that proxies are sent.
            target = Uri.TryCreate(target, UriKind.Absolute, out var absolute) ? absolute.AbsolutePath : "/";
        }

        var end = target.AsSpan().IndexOfAny('?', '#');
        return (end < 0 ? target : target[..end]).TrimEnd('/');
    }
}
