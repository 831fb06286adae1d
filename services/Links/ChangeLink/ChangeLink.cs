using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>PATCH /api/v1/links/{id}</summary>
public static class ChangeLink
{
    /// <summary>See <see cref="MergePatch"/>, except that nested values are replaced as a whole.</summary>
    public sealed record Request : BehaviorFields
    {
        public string? Url { get; init => field = Given(value); }

        /// <summary>Renames the link. The previous code becomes an alias.</summary>
        public string? Code { get; init => field = Given(value); }

        /// <summary>The aliases to keep.</summary>
        public IReadOnlyList<string?>? Aliases { get; init => field = Given(value); }

        public string? Title { get; init => field = Given(value); }

        public string? Notes { get; init => field = Given(value); }

        public IReadOnlyList<string?>? Tags { get; init => field = Given(value); }

        /// <summary>Null for the default, 302.</summary>
        public int? RedirectType { get; init => field = Given(value); }

        public DateTimeOffset? ActiveFrom { get; init => field = Given(value); }

        /// <summary>A time in the past expires the link immediately.</summary>
        public DateTimeOffset? ExpiresAt { get; init => field = Given(value); }
    }

    public static Task<Results<Ok<LinkResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, LinkUpdate link, DestinationPolicy destinations, BehaviorInput behavior, CodeKeys keys,
        CancellationToken cancellationToken) =>
        link.ApplyAsync(id, (before, errors) => Rename(Merge(before, body, destinations, behavior, errors), body, keys, errors), cancellationToken);

    private static Link Merge(Link link, Request body, DestinationPolicy destinations, BehaviorInput behavior, ValidationErrors errors)
    {
        var changed = link with
        {
            Url = body.Has(nameof(body.Url)) ? LinkInput.Destination("url", body.Url, destinations, errors) : link.Url,
            Title = body.Has(nameof(body.Title)) ? LinkInput.Title(body.Title, errors) : link.Title,
            Notes = body.Has(nameof(body.Notes)) ? LinkInput.Notes(body.Notes, errors) : link.Notes,
            Tags = body.Has(nameof(body.Tags)) ? LinkInput.Tags(body.Tags, errors) : link.Tags,
            RedirectType = body.Has(nameof(body.RedirectType)) ? LinkInput.RedirectType(body.RedirectType, errors) : link.RedirectType,
            ActiveFrom = body.Has(nameof(body.ActiveFrom)) ? LinkInput.Time("activeFrom", body.ActiveFrom, errors) : link.ActiveFrom,
            ExpiresAt = body.Has(nameof(body.ExpiresAt)) ? LinkInput.Time("expiresAt", body.ExpiresAt, errors) : link.ExpiresAt,
            Behavior = behavior.Merge(link.Behavior, body, errors),
        };
        LinkInput.Window(changed.ActiveFrom, changed.ExpiresAt, errors);
        return changed;
    }

    private static Link Rename(Link link, Request body, CodeKeys keys, ValidationErrors errors)
    {
        var renamed = link;
        if (body.Has(nameof(body.Code)))
        {
            if (Slug.TryParse(body.Code, out var slug, out var error))
            {
                // If the new code was an alias, or is another spelling of the current code, it must not remain among the aliases.
                var key = keys.Of(link.Domain, slug.Value);
                renamed = link with
                {
                    Code = slug.Value,
                    Aliases = [.. link.Aliases.Prepend(link.Code).Where(alias => keys.Of(link.Domain, alias) != key)],
                };
            }
            else
            {
                errors.Add("code", error);
            }
        }

        if (body.Has(nameof(body.Aliases)))
        {
            renamed = renamed with { Aliases = LinkInput.Aliases(body.Aliases, renamed.Aliases, code => keys.Of(link.Domain, code), errors) };
        }
        else if (renamed.Aliases.Length > LinkInput.MaxAliases)
        {
            errors.Add("code", LinksTexts.Of("codes.tooManyAliases", ("max", LinkInput.MaxAliases)));
        }

        return renamed;
    }
}
