using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Commands;

/// <summary>What the command menu finds, and the list of keys.</summary>
public static class CommandEndpoints
{
    private const int MostLinks = 6;

    public static void MapCommands(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/app/commands/links", FindLinksAsync).RequireAuthorization();
        routes.MapGet("/app/shortcuts", () => new RazorComponentResult<ShortcutsPage>()).RequireAuthorization();
    }

    /// <summary>Options for the menu, without a page around them.</summary>
    public static async Task<Results<RazorComponentResult<FoundLinks>, ProblemPage>> FindLinksAsync(string? search, LinkShortApi api, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(search))
        {
            return new RazorComponentResult<FoundLinks>(new { Links = Array.Empty<Link>() });
        }

        var result = await api.ListLinksAsync(new(MostLinks) { Search = search.Trim() }, cancellationToken);
        return result.Succeeded(out var page, out var problem)
            ? new RazorComponentResult<FoundLinks>(new { Links = page.Items })
            : new ProblemPage(problem);
    }
}
