using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Links;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.LinkBuilder;

/// <summary>Creates and edits links: a page, which other pages show as a dialog.</summary>
public static class BuilderEndpoints
{
    /// <summary>Tells the script which draft was saved and can be forgotten.</summary>
    public const string SavedCookie = "draft-saved";

    public static void MapLinkBuilder(this IEndpointRouteBuilder routes)
    {
        var links = routes.MapGroup("/app/links").RequireAuthorization();
        links.MapGet("/new", ShowNewAsync).Needs(Permissions.LinksWrite);
        links.MapPost("/", CreateAsync).Needs(Permissions.LinksWrite);
        links.MapGet("/{id:guid}/edit", ShowAsync).Needs(Permissions.LinksWrite);
        links.MapPost("/{id:guid}", ChangeAsync).Needs(Permissions.LinksWrite);
        links.MapPost("/form", BuilderSteps.HandleAsync).Needs(Permissions.LinksWrite);
        links.MapGet("/title", TitleAsync).Needs(Permissions.LinksWrite);
        links.MapGet("/availability", AvailabilityAsync).Needs(Permissions.LinksWrite);
    }

    /// <summary>What a deep link to the page can fill in.</summary>
    public sealed record Prefill(
        [property: FromQuery(Name = "url")] string? Url = null,
        [property: FromQuery(Name = "code")] string? Code = null,
        [property: FromQuery(Name = "title")] string? Title = null,
        [property: FromQuery(Name = "tags")] string? Tags = null,
        [property: FromQuery(Name = "notes")] string? Notes = null,
        [property: FromQuery(Name = "utm_source")] string? UtmSource = null,
        [property: FromQuery(Name = "utm_medium")] string? UtmMedium = null,
        [property: FromQuery(Name = "utm_campaign")] string? UtmCampaign = null,
        [property: FromQuery(Name = "utm_term")] string? UtmTerm = null,
        [property: FromQuery(Name = "utm_content")] string? UtmContent = null);

    public static async Task<RazorComponentResult<BuilderPage>> ShowNewAsync([AsParameters] Prefill fields, BuilderView view, CancellationToken cancellationToken) =>
        await view.ShowAsync(
            new LinkForm
            {
                Url = fields.Url, Code = fields.Code, Title = fields.Title, Tags = fields.Tags, Notes = fields.Notes,
                Utm = new() { Source = fields.UtmSource, Medium = fields.UtmMedium, Campaign = fields.UtmCampaign, Term = fields.UtmTerm, Content = fields.UtmContent },
            },
            null, null, cancellationToken);

    public static async Task<Results<Redirect, RazorComponentResult<BuilderPage>, ProblemPage>> CreateAsync(
        [FromForm] LinkForm form, LinkShortApi api, Viewer viewer, Flash flash, BuilderView view, HttpContext context, CancellationToken cancellationToken)
    {
        // A button that saves nothing, sent to the form's own address: it must not save anything there, either.
        if (!string.IsNullOrEmpty(form.Step))
        {
            return await BuilderSteps.HandleAsync(form, api, viewer, view, cancellationToken);
        }

        if (form.HasUnevenWeights)
        {
            return await view.ShowAsync(form, null, view.UnevenWeights, cancellationToken);
        }

        var body = form.Changes(new LinkForm(), viewer.TimeZone);
        body.TryAdd("url", "");
        var result = await api.CreateLinkAsync(body, form.Attempt, cancellationToken);
        if (result.Succeeded(out var link, out var problem))
        {
            view.ForgetDraft(context, null);
            flash.Offer(link.ShortUrl, "links.ready");
            return Redirect.To(ReturnUrl.Default);
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : await view.ShowAsync(form, null, AtItsField(problem, flash), cancellationToken);
    }

    public static async Task<Results<RazorComponentResult<BuilderPage>, ProblemPage>> ShowAsync(
        Guid id, LinkShortApi api, Viewer viewer, BuilderView view, CancellationToken cancellationToken)
    {
        var result = await api.GetLinkAsync(id, cancellationToken);
        return result.Succeeded(out var link, out var problem)
            ? await view.ShowAsync(LinkForm.Of(link, viewer.TimeZone), link, null, cancellationToken)
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, RazorComponentResult<BuilderPage>, ProblemPage>> ChangeAsync(
        Guid id, [FromForm] LinkForm form, LinkShortApi api, Viewer viewer, Flash flash, BuilderView view, HttpContext context, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(form.Step))
        {
            return await BuilderSteps.HandleAsync(form, api, viewer, view, cancellationToken);
        }

        var before = await api.GetLinkAsync(id, cancellationToken);
        if (!before.Succeeded(out var link, out var missing))
        {
            return new ProblemPage(missing);
        }

        var shown = form.Before(link, viewer.TimeZone);
        var changes = form.Changes(shown, viewer.TimeZone);
        if (changes.ContainsKey("variants") && form.HasUnevenWeights)
        {
            return await view.ShowAsync(form, link, view.UnevenWeights, cancellationToken);
        }

        var result = await api.ChangeLinkAsync(id, changes, form.ETag, cancellationToken);
        if (result.Succeeded(out _, out var problem))
        {
            view.ForgetDraft(context, id);
            if (changes.ContainsKey("code"))
            {
                flash.Say("builder.renamed", ("code", link.Code));
            }
            else
            {
                flash.Say("links.saved");
            }

            return Redirect.To($"/app/links/{id}");
        }

        if (problem.Status == StatusCodes.Status412PreconditionFailed)
        {
            // After a lost race the form continues with the latest version, or saving would fail forever.
            var latest = (await api.GetLinkAsync(id, cancellationToken)).Value ?? link;
            return await view.ShowAsync(
                form.On(latest, viewer.TimeZone), latest, problem, cancellationToken, theirs: LinkForm.Of(latest, viewer.TimeZone).Changes(shown, viewer.TimeZone));
        }

        // The form is shown again with what was entered.
        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : await view.ShowAsync(form, link, AtItsField(problem, flash), cancellationToken);
    }

    /// <summary>For the script: the destination's title, or what is wrong with the URL. Nothing if the API is unavailable.</summary>
    public static async Task<JsonHttpResult<Title>> TitleAsync(string? url, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.PageTitleAsync(WebAddress.Complete(url ?? ""), cancellationToken);
        return result.Succeeded(out var found, out var problem)
            ? TypedResults.Json(new Title(found.Title, null))
            : TypedResults.Json(new Title(null, problem.MessagesOf("url") is [var message, ..] ? message : null));
    }

    /// <summary>For the script: whether a code is free. Nothing if the API is unavailable.</summary>
    public static async Task<JsonHttpResult<Availability>> AvailabilityAsync(string? code, Guid? linkId, LinkShortApi api, Texts texts, CancellationToken cancellationToken)
    {
        var result = await api.CodeAvailabilityAsync(code?.Trim(), linkId, cancellationToken);
        return TypedResults.Json(result.Succeeded(out var found, out _)
            ? new Availability(found.Status, found.Reason ?? texts["builder.available"], found.Suggestions)
            : new Availability(null, null, []));
    }

    /// <param name="Problem">Of the URL.</param>
    public sealed record Title(string? Found, string? Problem);

    /// <param name="Status">Null if unknown.</param>
    public sealed record Availability(string? Status, string? Message, IReadOnlyList<string> Suggestions);

    /// <summary>The draft's name: of this user, workspace and link.</summary>
    public static string DraftOf(ActiveWorkspace active, Guid? link) => $"{active.UserId}.{active.Id}.{link?.ToString() ?? "new"}";

    private static ApiProblem AtItsField(ApiProblem problem, Flash flash) =>
        problem.Slug == "code-taken" ? ApiProblem.OfField(problem.Status, problem.Slug, "code", flash.InWords(problem)) : problem;
}
