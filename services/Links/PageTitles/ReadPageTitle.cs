using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.PageTitles;

/// <summary>GET /api/v1/links/title</summary>
public static class ReadPageTitle
{
    public const string Description =
        "For forms that suggest a title. og:title, or the element title. `title` is null if the page has none, is not HTML, or can't be read within three seconds. "
        + "Only http and https on public addresses are requested, up to five redirects and 256 KiB, without cookies. Limited to as many requests as other calls, counted separately.";

    /// <param name="Url">The destination.</param>
    /// <param name="Title">One line; null for none.</param>
    public sealed record Response(string Url, string? Title);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        string? url, DestinationPolicy destinations, PageTitles titles, CancellationToken cancellationToken) =>
        TargetUrl.TryParse(url, destinations, out var target, out var error)
            ? TypedResults.Ok(new Response(target.Value, await titles.FindAsync(target, cancellationToken)))
            : ValidationErrors.Of("url", error);
}
