using LinkShort.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Catalogue = LinkShort.Contracts.Problems;

namespace LinkShort.Web.Problems;

/// <summary>A page for every problem type of the API: the URL that <c>type</c> refers to.</summary>
public static class ProblemEndpoints
{
    public static void MapProblemPages(this IEndpointRouteBuilder routes)
    {
        var problems = routes.MapGroup("/problems").AllowAnonymous();
        problems.MapGet("/", () => new RazorComponentResult<ProblemListPage>(new { Problems = All }));
        problems.MapGet("/{slug}", Show);
    }

    private static IReadOnlyList<ProblemType> All => [.. Catalogue.All.Values.OrderBy(problem => problem.Status).ThenBy(problem => problem.Slug, StringComparer.Ordinal)];

    public static Results<RazorComponentResult<ProblemTypePage>, NotFound> Show(string slug) =>
        Catalogue.All.TryGetValue(slug, out var problem)
            ? new RazorComponentResult<ProblemTypePage>(new { Problem = problem })
            : TypedResults.NotFound();
}
