using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Team;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Links;

/// <summary>The workspace's links: list, show with analytics, delete.</summary>
public static class LinkEndpoints
{
    /// <summary>For what the page can do without.</summary>
    private static readonly TimeSpan OptionalTimeout = TimeSpan.FromSeconds(3);

    public static void MapLinks(this IEndpointRouteBuilder routes)
    {
        var links = routes.MapGroup("/app/links").RequireAuthorization();
        links.MapGet("/", ListAsync);
        links.MapGet("/{id:guid}", ShowAsync);
        links.MapGet("/{id:guid}/delete", AskToDeleteAsync).Needs(Permissions.LinksWrite);
        links.MapPost("/{id:guid}/delete", DeleteAsync).Needs(Permissions.LinksWrite);
        routes.MapManyLinks();
    }

    public static async Task<Results<RazorComponentResult<LinksPage>, ProblemPage>> ListAsync(
        [AsParameters] LinkFilter filter, HttpContext context, LinkShortApi api, ActiveWorkspace active, Viewer viewer, CancellationToken cancellationToken)
    {
        var (listing, tags, members) = (
            api.ListLinksAsync(filter.ToQuery(viewer.TimeZone), cancellationToken),
            OptionalAsync(api.ListTagsAsync, cancellationToken),
            OptionalAsync(limit => active.Id is { } id ? api.ListMembersAsync(id, null, limit) : Task.FromResult<ApiResult<PageOf<Member>>>(ApiProblem.NotFound), cancellationToken));
        await Task.WhenAll(listing, tags, members);
        if (!(await listing).Succeeded(out var page, out var problem) && problem.Slug != "validation")
        {
            return new ProblemPage(problem);
        }

        page ??= new LinkList([], null, null);
        var days = page.Items.Count == 0
            ? null
            : await OptionalAsync(limit => api.DailyClicksAsync(page.Items.Select(link => link.Id), limit), cancellationToken);
        // The form's own URL has every field that is empty.
        context.Response.Headers["HX-Replace-Url"] = filter.ToUrl();
        return new RazorComponentResult<LinksPage>(new
        {
            Page = page,
            Filter = filter,
            View = LinkView.Read(context),
            Members = (await members)?.Items ?? [],
            Tags = (await tags)?.Items ?? [],
            Days = days?.Items.ToDictionary(link => link.Id, link => link.Clicks),
            Problem = problem,
        })
        { StatusCode = problem?.Status };
    }

    /// <returns>Null if the call failed or took too long.</returns>
    internal static async Task<T?> OptionalAsync<T>(Func<CancellationToken, Task<ApiResult<T>>> call, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OptionalTimeout);
        try
        {
            return (await call(limit.Token)).Value;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public static async Task<Results<RazorComponentResult<LinkPage>, ProblemPage>> ShowAsync(
        Guid id, [AsParameters] TrendQuery query, LinkShortApi api, ActiveWorkspace active, Viewer viewer, TimeProvider time, CancellationToken cancellationToken)
    {
        var view = query.View;
        var (from, before, end) = view.Bounds(time.GetUtcNow(), viewer.TimeZone);
        var (link, analytics, previous, members) = (
            api.GetLinkAsync(id, cancellationToken),
            api.AnalyticsOfLinkAsync(id, from, view.Interval, viewer.TimeZoneName, cancellationToken),
            OptionalAsync(limit => view.Compares ? api.AnalyticsOfLinkAsync(id, before, view.Interval, viewer.TimeZoneName, limit, end) : Task.FromResult<ApiResult<Analytics>>(ApiProblem.NotFound), cancellationToken),
            OptionalAsync(limit => active.Id is { } workspace ? api.ListMembersAsync(workspace, null, limit) : Task.FromResult<ApiResult<PageOf<Member>>>(ApiProblem.NotFound), cancellationToken));
        await Task.WhenAll(link, analytics, previous, members);
        if (!(await link).Succeeded(out var found, out var problem))
        {
            return new ProblemPage(problem);
        }

        return new RazorComponentResult<LinkPage>(new
        {
            Link = found,
            View = view,
            Analytics = (await analytics).Value,
            AnalyticsProblem = (await analytics).Problem,
            Previous = await previous,
            Creator = (await members)?.Items is { Count: > 1 } all ? all.FirstOrDefault(member => member.UserId == found.CreatedBy)?.Shown ?? "" : null,
        });
    }

    public static async Task<Results<RazorComponentResult<DeleteLinkPage>, ProblemPage>> AskToDeleteAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.GetLinkAsync(id, cancellationToken);
        return result.Succeeded(out var link, out var problem)
            ? new RazorComponentResult<DeleteLinkPage>(new { Link = link })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> DeleteAsync(
        Guid id, LinkShortApi api, LinkUndo undo, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        var result = await api.DeleteLinkAsync(id, cancellationToken);
        // Already deleted: the goal is reached.
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return new ProblemPage(problem);
        }

        flash.Set(new FlashMessage(texts["links.deleted"], Undo: problem is null ? await undo.OfferAsync("restore", [id]) : null));
        return Redirect.To(ReturnUrl.Default);
    }
}
