using LinkShort.Links.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>POST /api/v1/links/{id}/archive and /restore</summary>
public static class ArchiveLink
{
    public static Task<Results<Ok<LinkResponse>, ProblemHttpResult>> ArchiveAsync(Guid id, LinkUpdate link, CancellationToken cancellationToken) =>
        link.ApplyAsync(id, (before, _) => before with { Archived = true }, cancellationToken);

    /// <summary>Undoes a deletion, or else an archiving: a link that was archived when it was deleted is archived again.</summary>
    public static Task<Results<Ok<LinkResponse>, ProblemHttpResult>> RestoreAsync(Guid id, LinkUpdate link, CancellationToken cancellationToken) =>
        link.ApplyAsync(
            id,
            (before, _) => before.DeletedAt is null ? before with { Archived = false } : before with { DeletedAt = null },
            cancellationToken,
            isDeletedFound: true);
}
