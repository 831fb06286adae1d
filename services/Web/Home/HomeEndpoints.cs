using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
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
        routes.MapGet("/favicon.ico", Favicon).AllowAnonymous();
        routes.MapGet("/robots.txt", () => TypedResults.Text("User-agent: *\nAllow: /$\nAllow: /problems/\nAllow: /app/\nAllow: /legal/\nAllow: /pricing\nDisallow: /\n")).AllowAnonymous();
    }

    public sealed class ShortenForm
    {
        public string? Url { get; init; }

        /// <summary>Names the form, so that sending it twice makes one link.</summary>
        public string? Attempt { get; init; }
    }

    /// <param name="created">The link that was just created here, shown with its copy button.</param>
    /// <param name="url">What a visitor without an account wants to shorten.</param>
    public static async Task<Results<RazorComponentResult<HomePage>, Redirect>> ShowAsync(
        Guid? created, string? url, Texts texts, CurrentSession session, LinkShortApi api, CancellationToken cancellationToken)
    {
        if (url is not null && session.Current is null)
        {
            return PastedUrl.TryRead(url, out var checkedUrl, out var fault)
                ? Redirect.To("/app/signup" + QueryString.Create("url", checkedUrl))
                : Refused(url, texts[fault]);
        }

        Link? link = null;
        if (created is { } id && session.Current is not null)
        {
            link = (await api.GetLinkAsync(id, cancellationToken)).Value;
        }

        return new RazorComponentResult<HomePage>(new { Created = link });
    }

    public static async Task<Results<Redirect, RazorComponentResult<HomePage>, ProblemPage>> ShortenAsync(
        [FromForm] ShortenForm form, Texts texts, LinkShortApi api, CancellationToken cancellationToken)
    {
        if (!PastedUrl.TryRead(form.Url, out var url, out var fault))
        {
            return Refused(form.Url, texts[fault]);
        }

        var result = await api.CreateLinkAsync(new JsonObject { ["url"] = url }, form.Attempt, cancellationToken);
        if (result.Succeeded(out var link, out var problem))
        {
            return Redirect.To($"/?created={link.Id}");
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : new RazorComponentResult<HomePage>(new { form.Url, Problem = problem, Attempt = problem.Status >= 500 ? form.Attempt : null }) { StatusCode = problem.Status };
    }

    private static RazorComponentResult<HomePage> Refused(string? url, string message) => new(new
    {
        Url = url,
        Problem = ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "url", message),
    })
    { StatusCode = StatusCodes.Status400BadRequest };

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
