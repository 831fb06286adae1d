using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>GET /api/v1/links/{id}</summary>
public static class ReadLink
{
    public static async Task<Results<Ok<LinkResponse>, StatusCodeHttpResult, ProblemHttpResult>> HandleAsync(
        Guid id, CurrentWorkspace workspace, Database database, ShortUrls urls, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        if (await LinkStore.FindAsync(connection, workspace.Id, id, cancellationToken) is not { } link)
        {
            return Problems.NotFound.Result();
        }

        ETags.Write(context.Response, link.Version);
        return ETags.IfNoneMatch(context.Request, link.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(LinkResponse.Of(link, urls));
    }
}
