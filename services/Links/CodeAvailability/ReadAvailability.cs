using System.ComponentModel;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Links.CodeAvailability;

/// <summary>GET /api/v1/links/availability</summary>
public static class ReadAvailability
{
    public const string Available = "available";
    public const string Taken = "taken";
    public const string Reserved = "reserved";
    public const string Invalid = "invalid";

    public const string Description =
        "For forms that check a code as it is typed; creating the link decides. `status` is available, taken, reserved or invalid, and `reason` says why in the caller's "
        + "language. With `linkId`, that link's own codes are available to it. `suggestions` are up to three available codes like it. "
        + "Limited to as many requests as other calls, counted separately.";

    /// <param name="Code">In the form in which it would be stored.</param>
    /// <param name="Domain">Host (and port) of the short URL.</param>
    /// <param name="Status">available, taken, reserved or invalid.</param>
    /// <param name="Reason">Why it can't be used; null if it can.</param>
    /// <param name="Suggestions">Available codes; empty if the code is available.</param>
    public sealed record Response(string Code, string Domain, string Status, string? Reason, IReadOnlyList<string> Suggestions);

    public sealed record Query(
        [property: FromQuery(Name = "code"), Description("The code as typed.")] string? Code,
        [property: FromQuery(Name = "domain"), Description("Host of the short URL. Default: the installation's own.")] string? Domain,
        [property: FromQuery(Name = "linkId"), Description("A link of the workspace, whose own codes are available to it.")] Guid? LinkId);

    /// <summary>Doesn't reveal the owner of a taken code, as creating a link doesn't.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        [AsParameters] Query query, CurrentWorkspace workspace, FreeCodes codes, ShortUrls urls, HttpRequest request, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (query.Code is null)
        {
            errors.Add("code", FieldRules.Required);
        }

        var domain = urls.Domain(query.Domain, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var status = Available;
        var code = query.Code!;
        if (!Slug.TryParse(code, out var slug, out var reason))
        {
            status = ReservedCodes.All.Contains(code.Split('/')[0]) ? Reserved : Invalid;
        }
        else if ((await codes.AmongAsync(domain, [slug.Value], workspace.Id, query.LinkId, cancellationToken)).Count == 0)
        {
            (status, reason) = (Taken, LinksTexts.Of("codes.taken"));
        }

        var suggestions = status == Available ? [] : await codes.LikeAsync(domain, code, workspace.Id, query.LinkId, cancellationToken);
        var language = Language.PreferredOf(request.Headers.AcceptLanguage) ?? Language.English;
        return TypedResults.Ok(new Response(slug?.Value ?? code, urls.NameOf(domain), status, reason?.In(language), suggestions));
    }
}
