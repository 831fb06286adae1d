using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>POST /api/v1/links/{id}/duplicate</summary>
public static class DuplicateLink
{
    public const string Description =
        "The copy leads to the same destination with the same title, notes, tags and settings: schedule, click limit, password, UTM, rules, variants, preview, deep links. "
        + "It has a new code and no aliases, starts with 0 clicks and an unused click limit, is not archived, and is yours. It counts as a created link of the plan. An expiry that has passed is not copied. "
        + "400 if a destination is no longer allowed.";

    public static async Task<Results<Created<LinkResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, CurrentUser user, Database database, LinkInsertion insertion, LinkCopies copies, ShortUrls urls, HttpContext context, CancellationToken cancellationToken)
    {
        Link? original;
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            original = await LinkStore.FindAsync(connection, user.WorkspaceId, id, cancellationToken);
        }

        if (original is null)
        {
            return Problems.NotFound.Result();
        }

        var errors = new ValidationErrors();
        var operation = IdempotentOperation.Of(context);
        var copy = copies.Of(original, user, operation?.Id, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var (link, refusal) = await insertion.InsertAsync(copy, code: null, operation, cancellationToken);
        if (link is null)
        {
            return refusal!;
        }

        ETags.Write(context.Response, link.Version);
        return TypedResults.Created($"/api/v1/links/{link.Id}", LinkResponse.Of(link, urls));
    }
}

/// <summary>Copies links without their codes, numbers and history.</summary>
public sealed class LinkCopies(DestinationPolicy destinations, TimeProvider time)
{
    /// <param name="id">Of the idempotent operation; null generates one.</param>
    public Link Of(Link original, CurrentUser user, Guid? id, ValidationErrors errors)
    {
        CheckDestinations(original, errors);
        var now = time.GetUtcNow();
        var at = now.ToMicroseconds();
        return original with
        {
            Id = id ?? Guid.CreateVersion7(now),
            Code = "",
            Aliases = [],
            ExpiresAt = original.ExpiresAt > now ? original.ExpiresAt : null,
            Archived = false,
            Clicks = 0,
            VisitsUsed = null,
            Version = 1,
            CreatedBy = user.Id,
            CreatedAt = at,
            UpdatedAt = at,
        };
    }

    /// <summary>They were allowed once. Meanwhile a host may have been suspended, and a copy would be a new link to it.</summary>
    private void CheckDestinations(Link link, ValidationErrors errors)
    {
        Check("url", link.Url);
        Check("expiredUrl", link.Behavior?.ExpiredUrl);
        foreach (var (index, rule) in (link.Behavior?.Rules ?? []).Index())
        {
            Check($"rules[{index}].url", rule.Url);
        }

        foreach (var (index, variant) in (link.Behavior?.Variants ?? []).Index())
        {
            Check($"variants[{index}].url", variant.Url);
        }

        void Check(string field, string? url)
        {
            if (url is not null)
            {
                LinkInput.Destination(field, url, destinations, errors);
            }
        }
    }
}
