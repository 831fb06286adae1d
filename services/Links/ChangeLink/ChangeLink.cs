using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>PATCH /api/v1/links/{id}</summary>
public static class ChangeLink
{
    /// <summary>
    /// A JSON merge patch (RFC 7396): a field that is absent stays, null clears it. The code is not among them: renaming has to
    /// keep the old code alive, which nothing does yet.
    /// </summary>
    public sealed class Request
    {
        private readonly HashSet<string> _given = new(StringComparer.Ordinal);

        public string? Url { get; init => field = Given(nameof(Url), value); }

        public string? Title { get; init => field = Given(nameof(Title), value); }

        public string? Notes { get; init => field = Given(nameof(Notes), value); }

        public IReadOnlyList<string?>? Tags { get; init => field = Given(nameof(Tags), value); }

        /// <summary>Null for the default, 302.</summary>
        public int? RedirectType { get; init => field = Given(nameof(RedirectType), value); }

        public DateTimeOffset? ActiveFrom { get; init => field = Given(nameof(ActiveFrom), value); }

        /// <summary>A time in the past ends the link at once.</summary>
        public DateTimeOffset? ExpiresAt { get; init => field = Given(nameof(ExpiresAt), value); }

        internal bool Has(string property) => _given.Contains(property);

        // The serializer sets what is there in the body, null or not, and nothing else.
        private T Given<T>(string property, T value)
        {
            _given.Add(property);
            return value;
        }
    }

    public static Task<Results<Ok<LinkResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, LinkChange link, DestinationPolicy destinations, CancellationToken cancellationToken) =>
        link.ApplyAsync(id, (before, errors) => Merge(before, body, destinations, errors), cancellationToken);

    private static Link Merge(Link link, Request body, DestinationPolicy destinations, ValidationErrors errors)
    {
        var url = link.Url;
        if (body.Has(nameof(body.Url)))
        {
            if (TargetUrl.TryParse(body.Url, destinations, out var target, out var error))
            {
                url = target.Value;
            }
            else
            {
                errors.Add("url", error);
            }
        }

        var changed = link with
        {
            Url = url,
            Title = body.Has(nameof(body.Title)) ? LinkInput.Title(body.Title, errors) : link.Title,
            Notes = body.Has(nameof(body.Notes)) ? LinkInput.Notes(body.Notes, errors) : link.Notes,
            Tags = body.Has(nameof(body.Tags)) ? LinkInput.Tags(body.Tags, errors) : link.Tags,
            RedirectType = body.Has(nameof(body.RedirectType)) ? LinkInput.RedirectType(body.RedirectType, errors) : link.RedirectType,
            ActiveFrom = body.Has(nameof(body.ActiveFrom)) ? LinkInput.Time("activeFrom", body.ActiveFrom, errors) : link.ActiveFrom,
            ExpiresAt = body.Has(nameof(body.ExpiresAt)) ? LinkInput.Time("expiresAt", body.ExpiresAt, errors) : link.ExpiresAt,
        };
        LinkInput.Window(changed.ActiveFrom, changed.ExpiresAt, errors);
        return changed;
    }
}
