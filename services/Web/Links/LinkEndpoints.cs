using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Links;

/// <summary>The workspace's links: list, create, show with analytics, edit, delete.</summary>
public static class LinkEndpoints
{
    private const int PageSize = 25;

    public static void MapLinks(this IEndpointRouteBuilder routes)
    {
        var links = routes.MapGroup("/app/links").RequireAuthorization();
        links.MapGet("/", ListAsync);
        links.MapGet("/new", ShowNew).Needs(Permissions.LinksWrite);
        links.MapPost("/", CreateAsync).Needs(Permissions.LinksWrite);
        links.MapGet("/{id:guid}", ShowAsync);
        links.MapPost("/{id:guid}", ChangeAsync).Needs(Permissions.LinksWrite);
        links.MapGet("/{id:guid}/delete", AskToDeleteAsync).Needs(Permissions.LinksWrite);
        links.MapPost("/{id:guid}/delete", DeleteAsync).Needs(Permissions.LinksWrite);
    }

    public static async Task<Results<RazorComponentResult<LinksPage>, ProblemPage>> ListAsync(
        string? search, string? cursor, LinkShortApi api, CancellationToken cancellationToken)
    {
        search = string.IsNullOrWhiteSpace(search) ? null : search.Trim();
        var result = await api.ListLinksAsync(search, cursor, PageSize, cancellationToken);
        return result.Succeeded(out var page, out var problem)
            ? new RazorComponentResult<LinksPage>(new { Page = page, Search = search, IsFirstPage = string.IsNullOrEmpty(cursor) })
            : new ProblemPage(problem);
    }

    public static RazorComponentResult<NewLinkPage> ShowNew(string? url) => new(new { Form = new LinkForm { Url = url } });

    public static async Task<Results<Redirect, RazorComponentResult<NewLinkPage>, ProblemPage>> CreateAsync(
        [FromForm] LinkForm form, LinkShortApi api, Viewer viewer, Flash flash, CancellationToken cancellationToken)
    {
        var body = form.Changes(new LinkForm(), viewer.TimeZone);
        body.TryAdd("url", "");
        var result = await api.CreateLinkAsync(body, cancellationToken);
        if (result.Succeeded(out var link, out var problem))
        {
            flash.Offer(link.ShortUrl, "links.ready");
            return Redirect.To(ReturnUrl.Default);
        }

        if (problem.LeadsElsewhere || problem.IsForbidden)
        {
            return new ProblemPage(problem);
        }

        return new RazorComponentResult<NewLinkPage>(new { Form = form, Problem = AtItsField(problem, flash) }) { StatusCode = problem.Status };
    }

    public static async Task<Results<RazorComponentResult<LinkPage>, ProblemPage>> ShowAsync(
        Guid id, string? range, LinkShortApi api, Viewer viewer, TimeProvider time, CancellationToken cancellationToken)
    {
        var result = await api.GetLinkAsync(id, cancellationToken);
        return result.Succeeded(out var link, out var problem)
            ? await PageAsync(link, range, null, null, api, viewer, time, cancellationToken)
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, RazorComponentResult<LinkPage>, ProblemPage>> ChangeAsync(
        Guid id, [FromForm] LinkForm form, LinkShortApi api, Viewer viewer, Flash flash, TimeProvider time, CancellationToken cancellationToken)
    {
        var before = await api.GetLinkAsync(id, cancellationToken);
        if (!before.Succeeded(out var link, out var missing))
        {
            return new ProblemPage(missing);
        }

        var result = await api.ChangeLinkAsync(id, form.Changes(LinkForm.Of(link, viewer.TimeZone), viewer.TimeZone), form.ETag, cancellationToken);
        if (result.Succeeded(out _, out var problem))
        {
            flash.Say("links.saved");
            return Redirect.To($"/app/links/{id}");
        }

        if (problem.IsForbidden)
        {
            return new ProblemPage(problem);
        }

        problem = AtItsField(problem, flash);
        // The form is shown again with the entered values, and needs the page around it.
        return problem.IsSignedOut ? new ProblemPage(problem) : await PageAsync(link, null, form, problem, api, viewer, time, cancellationToken);
    }

    public static async Task<Results<RazorComponentResult<DeleteLinkPage>, ProblemPage>> AskToDeleteAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.GetLinkAsync(id, cancellationToken);
        return result.Succeeded(out var link, out var problem)
            ? new RazorComponentResult<DeleteLinkPage>(new { Link = link })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> DeleteAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.DeleteLinkAsync(id, cancellationToken);
        // Already deleted: the goal is reached.
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return new ProblemPage(problem);
        }

        flash.Say("links.deleted");
        return Redirect.To(ReturnUrl.Default);
    }

    private static ApiProblem AtItsField(ApiProblem problem, Flash flash) =>
        problem.Slug == "code-taken" ? ApiProblem.OfField(problem.Status, problem.Slug, "code", flash.InWords(problem)) : problem;

    private static async Task<RazorComponentResult<LinkPage>> PageAsync(
        Link link, string? range, LinkForm? form, ApiProblem? problem, LinkShortApi api, Viewer viewer, TimeProvider time, CancellationToken cancellationToken)
    {
        var chosen = TrendRange.Named(range);
        var from = chosen.From(time.GetUtcNow(), viewer.TimeZone);
        var analytics = await api.AnalyticsOfLinkAsync(link.Id, from, chosen.Interval, viewer.TimeZoneName, cancellationToken);
        return new RazorComponentResult<LinkPage>(new
        {
            Link = link,
            Range = chosen,
            Analytics = analytics.Value,
            AnalyticsProblem = analytics.Problem,
            // After a lost race, the form continues with the latest version, or saving would fail forever.
            Form = form ?? LinkForm.Of(link, viewer.TimeZone),
            Problem = problem,
        })
        { StatusCode = problem?.Status };
    }
}
