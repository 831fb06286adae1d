using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Design;

/// <summary>Every component in every state, for operators, and for everybody in Development.</summary>
public static class DesignEndpoints
{
    public const string Path = "/design";

    public static void MapDesign(this IEndpointRouteBuilder routes) => routes.MapGet(Path, Show).AllowAnonymous();

    /// <param name="theme">light or dark; otherwise the viewer's.</param>
    /// <param name="language">BCP 47 tag; otherwise the viewer's. Arabic shows the page from right to left.</param>
    private static Results<RazorComponentResult<DesignPage>, ProblemPage> Show(
        string? theme, string? language, Viewer viewer, CurrentSession session, IHostEnvironment environment)
    {
        if (!environment.IsDevelopment() && !(session.Current is { } current && AccessTokenClaims.Of(current.AccessToken).IsOperator))
        {
            return new ProblemPage(ApiProblem.NotFound);
        }

        viewer.ShowAs(theme, Language.Find(language));
        return new RazorComponentResult<DesignPage>();
    }
}
