using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>POST /api/v1/links</summary>
public static class CreateLink
{
    /// <summary>See <see cref="OpenApi.LinkDescriptions"/> for what each field means and its limits.</summary>
    public sealed record Request(
        string? Url,
        string? Code = null,
        string? Domain = null,
        string? Title = null,
        IReadOnlyList<string?>? Tags = null,
        string? Notes = null,
        int? RedirectType = null,
        DateTimeOffset? ActiveFrom = null,
        DateTimeOffset? ExpiresAt = null) : BehaviorFields;

    /// <summary>Shortens a URL. A taken code is a conflict, never an overwrite.</summary>
    public static async Task<Results<Created<LinkResponse>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, LinkDrafts drafts, LinkInsertion insertion, ShortUrls urls, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var operation = IdempotentOperation.Of(context);
        var (draft, slug) = drafts.Validate(body, user, operation?.Id, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var (link, refusal) = await insertion.InsertAsync(draft, slug, operation, cancellationToken);
        if (link is null)
        {
            return refusal!;
        }

        ETags.Write(context.Response, link.Version);
        return TypedResults.Created($"/api/v1/links/{link.Id}", LinkResponse.Of(link, urls));
    }
}
