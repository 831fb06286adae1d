using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Home;

/// <summary>The home page, and the files that browsers and crawlers request at the root.</summary>
public static class HomeEndpoints
{
    public static void MapHome(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", ShowAsync).AllowAnonymous();
        routes.MapPost("/", ShortenAsync).RequireAuthorization().Needs(Permissions.LinksWrite);
        routes.MapGet("/app", () => Redirect.To(ReturnUrl.Default)).AllowAnonymous();
        routes.MapGet("/app/theme", SetTheme).AllowAnonymous();
        routes.MapGet("/favicon.ico", Favicon).AllowAnonymous();
        routes.MapGet("/robots.txt", () => TypedResults.Text("User-agent: *\nAllow: /$\nAllow: /problems/\nAllow: /app/assets/\nDisallow: /\n")).AllowAnonymous();
    }

    public sealed class ShortenForm
    {
        public string? Url { get; init; }
    }

    /// <param name="created">The link that was just created here, shown with its copy button.</param>
    public static async Task<RazorComponentResult<HomePage>> ShowAsync(
        Guid? created, CurrentSession session, LinkShortApi api, CancellationToken cancellationToken)
    {
        Link? link = null;
        if (created is { } id && session.Current is not null)
        {
            link = (await api.GetLinkAsync(id, cancellationToken)).Value;
        }

        return new RazorComponentResult<HomePage>(new { Created = link });
    }

    public static async Task<Results<Redirect, RazorComponentResult<HomePage>, ProblemPage>> ShortenAsync(
        [FromForm] ShortenForm form, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.CreateLinkAsync(new JsonObject { ["url"] = form.Url?.Trim() ?? "" }, cancellationToken);
        if (result.Succeeded(out var link, out var problem))
        {
            return Redirect.To($"/?created={link.Id}");
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : new RazorComponentResult<HomePage>(new { form.Url, Problem = problem }) { StatusCode = problem.Status };
    }

    /// <summary>For visitors without script; otherwise the script sets the same cookie.</summary>
    public static Redirect SetTheme(HttpContext context, string? to, string? returnUrl)
    {
        Viewer.KeepTheme(context, to);
        return Redirect.To(ReturnUrl.Checked(returnUrl));
    }

    public static Results<FileStreamHttpResult, NotFound> Favicon(HttpContext context, IWebHostEnvironment environment)
    {
        var file = environment.WebRootFileProvider.GetFileInfo("img/favicon.ico");
        if (!file.Exists)
        {
            return TypedResults.NotFound();
        }

        context.Response.Headers.CacheControl = "public, max-age=86400";
        return TypedResults.Stream(file.CreateReadStream(), "image/x-icon");
    }
}
