using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>PATCH /api/v1/links</summary>
public static class ChangeLinks
{
    public const int MaxLinks = 200;

    public const string Description =
        "Archives or restores, deletes or undeletes, tags or untags up to 200 links at once. Each link succeeds or fails on its own; `outcome` is `changed`, `unchanged` (it was so already), "
        + "`notFound`, or `tooManyTags`. Deleted links are changed only by `deleted: false`. Limited separately from other calls. Without If-Match: tags are added to and removed from those that each link has.";

    /// <param name="Ids">1 to 200 links.</param>
    /// <param name="Archived">true archives, false restores.</param>
    /// <param name="Deleted">true deletes, false undoes a deletion.</param>
    /// <param name="AddTags">Added at the end, unless the link has them.</param>
    /// <param name="RemoveTags">Removed, in any letter case.</param>
    public sealed record Request(
        IReadOnlyList<Guid>? Ids, bool? Archived = null, bool? Deleted = null, IReadOnlyList<string?>? AddTags = null, IReadOnlyList<string?>? RemoveTags = null);

    /// <param name="Changed">Number of links that were changed.</param>
    /// <param name="Results">In the order of the request.</param>
    public sealed record Response(int Changed, IReadOnlyList<LinkOutcome> Results);

    public sealed record LinkOutcome(Guid Id, string Outcome);

    private sealed record Change(bool? Archived, bool? Deleted, string[] AddTags, string[] RemoveTags);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, LinkUpdate update, CurrentWorkspace workspace, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Ids is not { Count: > 0 and <= MaxLinks })
        {
            errors.Add("ids", LinksTexts.Of("list.ids", ("max", MaxLinks)));
        }

        var change = new Change(body.Archived, body.Deleted, LinkInput.Tags(body.AddTags, errors, "addTags"), LinkInput.Tags(body.RemoveTags, errors, "removeTags"));
        if (change is { Archived: null, Deleted: null, AddTags.Length: 0, RemoveTags.Length: 0 } && !errors.Any)
        {
            errors.Add("archived", LinksTexts.Of("list.noChange"));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        var ids = body.Ids!.Distinct().ToArray();
        await using var work = await database.BeginAsync(cancellationToken);
        var outcomes = ids.ToDictionary(id => id, _ => "notFound");
        var now = time.GetUtcNow().ToMicroseconds();
        foreach (var link in await LinkStore.LockAllAsync(work, workspace.Id, ids, cancellationToken))
        {
            if (link.DeletedAt is not null && change.Deleted is not false)
            {
                outcomes[link.Id] = change.Deleted is true ? "unchanged" : "notFound";
                continue;
            }

            var after = Apply(link, change, now);
            outcomes[link.Id] = after is null ? "tooManyTags" : after.HasSameContentAs(link) ? "unchanged" : "changed";
            if (outcomes[link.Id] == "changed")
            {
                await update.WriteAsync(work, link, after!, cancellationToken);
            }
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(new Response(outcomes.Values.Count(outcome => outcome == "changed"), [.. ids.Select(id => new LinkOutcome(id, outcomes[id]))]));
    }

    /// <returns>Null if the link would have too many tags.</returns>
    private static Link? Apply(Link link, Change change, DateTimeOffset now)
    {
        var kept = link.Tags.Where(tag => !change.RemoveTags.Contains(tag, StringComparer.OrdinalIgnoreCase)).ToArray();
        string[] tags = [.. kept, .. change.AddTags.Where(tag => !kept.Contains(tag, StringComparer.OrdinalIgnoreCase))];
        return tags.Length > LinkInput.MaxTags && tags.Length > link.Tags.Length
            ? null
            : link with
            {
                Tags = tags,
                Archived = change.Archived ?? link.Archived,
                DeletedAt = change.Deleted switch { true => link.DeletedAt ?? now, false => null, null => link.DeletedAt },
            };
    }
}
