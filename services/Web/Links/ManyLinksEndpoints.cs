using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Links;

/// <summary>
/// What is done to links from their list: to one from its menu, to the selected ones, and undone from the message afterwards. Deleting doesn't
/// ask, because the message offers to undo it.
/// </summary>
public static class ManyLinksEndpoints
{
    public const string Path = "/app/links/many";

    public static void MapManyLinks(this IEndpointRouteBuilder routes)
    {
        var links = routes.MapGroup("/app/links").RequireAuthorization();
        links.MapPost("/many", ChangeAsync).Needs(Permissions.LinksWrite);
        foreach (var (action, what) in new[] { ("archive", "archive"), ("restore", "restore"), ("unarchive", "unarchive"), ("remove", "delete") })
        {
            links.MapPost($"/{{id:guid}}/{action}", (Guid id, [FromForm] ManyForm form, LinkShortApi api, LinkUndo undo, Flash flash, CancellationToken cancellationToken) =>
                ChangeAsync(new ManyForm { Do = what, Ids = [id.ToString()], Back = form.Back }, api, undo, flash, cancellationToken)).Needs(Permissions.LinksWrite);
        }

        links.MapPost("/{id:guid}/duplicate", DuplicateAsync).Needs(Permissions.LinksWrite);
        links.MapGet("/{id:guid}/purge", (Guid id) => new RazorComponentResult<PurgeLinkPage>(new { Id = id })).Needs(Permissions.LinksWrite);
        links.MapPost("/{id:guid}/purge", PurgeAsync).Needs(Permissions.LinksWrite);
        links.MapPost("/view", KeepView);
    }

    public sealed class ManyForm
    {
        /// <summary>archive, unarchive, delete, restore, tag or untag.</summary>
        public string? Do { get; init; }

        public IReadOnlyList<string?>? Ids { get; init; }

        /// <summary>In place of the ids: what <see cref="LinkUndo"/> keeps.</summary>
        public string? Undo { get; init; }

        public string? Tag { get; init; }

        /// <summary>Names the page's form: sent twice, it makes one copy of a link.</summary>
        public string? Attempt { get; init; }

        /// <summary>The page that was left.</summary>
        public string? Back { get; init; }
    }

    public sealed class ViewForm
    {
        public string? Density { get; init; }

        /// <summary>Those shown.</summary>
        public IReadOnlyList<string?>? Columns { get; init; }

        public string? Back { get; init; }
    }

    public static async Task<Results<Redirect, ProblemPage>> ChangeAsync(
        [FromForm] ManyForm form, LinkShortApi api, LinkUndo undo, Flash flash, CancellationToken cancellationToken)
    {
        var back = Redirect.To(ReturnUrl.Checked(form.Back));
        IReadOnlyList<Guid> ids = form.Undo is { Length: > 0 } kept
            ? await undo.FindAsync(kept)
            : [.. (form.Ids ?? []).Select(id => Guid.TryParse(id, out var parsed) ? parsed : Guid.Empty).Where(id => id != Guid.Empty)];
        if (ids.Count == 0)
        {
            flash.Warn(form.Undo is { Length: > 0 } ? "linkTable.undoTooLate" : "linkTable.selectSome");
            return back;
        }

        if (ChangeOf(form, ids) is not { } change)
        {
            flash.Warn("linkTable.noTag");
            return back;
        }

        var result = await api.ChangeLinksAsync(change, cancellationToken);
        if (!result.Succeeded(out var changed, out var problem))
        {
            if (problem.LeadsElsewhere || problem.IsForbidden)
            {
                return new ProblemPage(problem);
            }

            flash.Warn(problem);
            return back;
        }

        await ReportAsync(form, changed, undo, flash);
        return back;
    }

    public static async Task<Results<Redirect, ProblemPage>> DuplicateAsync(
        Guid id, [FromForm] ManyForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.DuplicateLinkAsync(id, form.Attempt, cancellationToken);
        if (result.Succeeded(out var copy, out var problem))
        {
            flash.Offer(copy.ShortUrl, "linkTable.duplicated");
        }
        else if (problem.LeadsElsewhere || problem.IsForbidden || problem.Status == StatusCodes.Status404NotFound)
        {
            return new ProblemPage(problem);
        }
        else
        {
            flash.Warn(problem);
        }

        return Redirect.To(ReturnUrl.Checked(form.Back));
    }

    public static async Task<Results<Redirect, ProblemPage>> PurgeAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.DeleteLinkPermanentlyAsync(id, cancellationToken);
        // Already deleted: the goal is reached.
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return new ProblemPage(problem);
        }

        flash.Say("linkTable.purged");
        return Redirect.To(new LinkFilter { Status = "deleted" }.ToUrl());
    }

    public static Redirect KeepView([FromForm] ViewForm form, HttpContext context)
    {
        new LinkView(form.Density == "compact", [.. LinkView.Columns.Except((form.Columns ?? []).OfType<string>())]).Write(context);
        return Redirect.To(ReturnUrl.Checked(form.Back));
    }

    /// <returns>Null without the tag that it needs.</returns>
    private static LinksChange? ChangeOf(ManyForm form, IReadOnlyList<Guid> ids)
    {
        var tag = form.Tag?.Trim();
        return form.Do switch
        {
            "archive" => new LinksChange(ids) { Archived = true },
            "unarchive" => new LinksChange(ids) { Archived = false },
            "delete" => new LinksChange(ids) { Deleted = true },
            "restore" => new LinksChange(ids) { Deleted = false },
            "tag" when tag is { Length: > 0 } => new LinksChange(ids) { AddTags = [tag] },
            "untag" when tag is { Length: > 0 } => new LinksChange(ids) { RemoveTags = [tag] },
            _ => null,
        };
    }

    /// <summary>How many were changed, and why others were not.</summary>
    private static async Task ReportAsync(ManyForm form, ChangedLinks changed, LinkUndo undo, Flash flash)
    {
        var reverse = form.Do switch { "archive" => "unarchive", "unarchive" => "archive", "delete" => "restore", "restore" => "delete", "tag" => "untag", "untag" => "tag", _ => null };
        var rest = new List<(string Key, int Count)>
        {
            ("linkTable.wereUnchanged", changed.CountOf("unchanged")), ("linkTable.wereMissing", changed.CountOf("notFound")), ("linkTable.hadTooManyTags", changed.CountOf("tooManyTags")),
        };
        flash.Report(
            [("linkTable.did." + form.Do, changed.Changed), .. rest.Where(each => each.Count > 0)],
            isProblem: changed.Changed == 0 || rest.Exists(each => each.Count > 0 && each.Key != "linkTable.wereUnchanged"),
            changed.Changed > 0 && reverse is not null
                ? await undo.OfferAsync(reverse, changed.ChangedIds, new("Tag", form.Tag?.Trim() ?? ""), new("Back", ReturnUrl.Checked(form.Back)))
                : null);
    }
}
