using LinkShort.Links.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>POST /api/v1/links/{id}/archive and /restore</summary>
public static class ArchiveLink
{
    public static Task<Results<Ok<LinkResponse>, ProblemHttpResult>> ArchiveAsync(Guid id, LinkUpdate link, CancellationToken cancellationToken) =>
        link.ApplyAsync(id, (before, _) => before with { Archived = true }, cancellationToken);

    public static Task<Results<Ok<LinkResponse>, ProblemHttpResult>> RestoreAsync(Guid id, LinkUpdate link, CancellationToken cancellationToken) =>
        link.ApplyAsync(id, (before, _) => before with { Archived = false }, cancellationToken);
}
