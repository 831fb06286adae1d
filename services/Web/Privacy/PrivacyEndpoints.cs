using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Problems;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Privacy;

/// <summary>The visitor's consents, the export of their data, and the deletion of their account.</summary>
public static class PrivacyEndpoints
{
    private const string Home = "/app/privacy";

    public static void MapPrivacy(this IEndpointRouteBuilder routes)
    {
        var privacy = routes.MapGroup(Home).RequireAuthorization();
        privacy.MapGet("/", ShowAsync);
        privacy.MapPost("/consents", ChangeConsentsAsync);
        privacy.MapGet("/export", ShowExportAsync);
        privacy.MapPost("/export", StartExportAsync);
        privacy.MapGet("/export/{id:guid}", FetchExportAsync);
        privacy.MapGet("/delete", AskToDeleteAsync);
        privacy.MapPost("/delete", DeleteAsync);
        privacy.MapPost("/keep", RestoreAsync);
        // Once the account is erased, nobody can sign in to see it.
        routes.MapGet(Home + "/receipt/{id}", ShowReceiptAsync).AllowAnonymous();
    }

    public sealed class ConsentForm
    {
        /// <summary>Each purpose with the version that was shown: <c>terms|2026-11-22</c>.</summary>
        public string[]? Shown { get; init; }

        /// <summary>Purposes that were ticked.</summary>
        public string[]? Granted { get; init; }

        /// <summary>Purposes that an account requires.</summary>
        public string[]? Required { get; init; }
    }

    public sealed class DeletionForm
    {
        /// <summary>The account's email address, typed as a confirmation.</summary>
        public string? Confirmation { get; init; }
    }

    public static async Task<Results<RazorComponentResult<PrivacyPage>, ProblemPage>> ShowAsync(
        LinkShortApi api, Flash flash, HttpContext context, CancellationToken cancellationToken)
    {
        var page = await PageAsync(null, api, cancellationToken, flash.Take<ScheduledDeletion>);
        context.Response.Headers.CacheControl = "no-store";
        return page;
    }

    public static async Task<Results<Redirect, RazorComponentResult<PrivacyPage>, ProblemPage>> ChangeConsentsAsync(
        [FromForm] ConsentForm form, LinkShortApi api, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        var choices = new List<ConsentChoice>();
        foreach (var shown in form.Shown ?? [])
        {
            if (shown.Split('|') is [var purpose, var version])
            {
                var granted = form.Granted?.Contains(purpose) == true;
                // Required consents can't be withdrawn here: unticked ones are kept.
                if (granted || form.Required?.Contains(purpose) != true)
                {
                    choices.Add(new ConsentChoice(purpose, version, granted));
                }
            }
        }

        var result = await api.ChangeConsentsAsync(choices, cancellationToken);
        if (result.Succeeded(out _, out var problem))
        {
            flash.Say("privacy.consentsSaved");
            return Redirect.To(Home);
        }

        if (problem.IsSignedOut)
        {
            return new ProblemPage(problem);
        }

        if (problem.Errors.Keys.Any(field => field.EndsWith(".version", StringComparison.Ordinal)))
        {
            problem = problem with { Errors = new Dictionary<string, string[]>(), Status = StatusCodes.Status409Conflict, Slug = "", Detail = texts["privacy.consentChanged"] };
        }

        var page = await PageAsync(problem, api, cancellationToken);
        return page.Result is ProblemPage other ? other : (RazorComponentResult<PrivacyPage>)page.Result;
    }

    /// <summary>Only the state of the export, which the privacy page polls while it is collected.</summary>
    public static async Task<Results<RazorComponentResult<ExportPage>, ProblemPage>> ShowExportAsync(LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.ListExportsAsync(cancellationToken);
        return result.Succeeded(out var exports, out var problem)
            ? new RazorComponentResult<ExportPage>(new { Export = exports.Count > 0 ? exports[0] : null })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> StartExportAsync(LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.StartExportAsync(cancellationToken);
        // Already being collected: the goal is reached.
        return result.Succeeded(out _, out var problem) || problem.Slug == "conflict"
            ? Redirect.To(Home + "#export")
            : flash.Refuse(problem, Home);
    }

    public static async Task<Results<Download, ProblemPage>> FetchExportAsync(Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.FetchExportAsync(id, cancellationToken);
        return result.Succeeded(out var download, out var problem) ? download : new ProblemPage(problem);
    }

    public static async Task<Results<RazorComponentResult<DeleteAccountPage>, ProblemPage>> AskToDeleteAsync(
        LinkShortApi api, CurrentSession session, CancellationToken cancellationToken) =>
        await DeletionPageAsync(null, null, api, session, cancellationToken);

    public static async Task<Results<Redirect, RazorComponentResult<DeleteAccountPage>, ProblemPage>> DeleteAsync(
        [FromForm] DeletionForm form, LinkShortApi api, CurrentSession session, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        ApiProblem? problem;
        if (!string.Equals(form.Confirmation?.Trim(), session.Current?.Email, StringComparison.OrdinalIgnoreCase))
        {
            problem = ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "confirmation", texts["privacy.wrongEmail", ("email", session.Current?.Email)]);
        }
        else if ((await api.DeleteAccountAsync(cancellationToken)).Succeeded(out var scheduled, out problem))
        {
            flash.Set(scheduled);
            return Redirect.To(Home);
        }

        if (problem.LeadsElsewhere)
        {
            return new ProblemPage(problem);
        }

        var page = await DeletionPageAsync(form.Confirmation, problem, api, session, cancellationToken);
        return page.Result is ProblemPage other ? other : (RazorComponentResult<DeleteAccountPage>)page.Result;
    }

    public static async Task<Results<Redirect, ProblemPage>> RestoreAsync(LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.RestoreAccountAsync(cancellationToken);
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return flash.Refuse(problem, Home);
        }

        flash.Say("privacy.restored");
        return Redirect.To(Home);
    }

    public static async Task<Results<RazorComponentResult<ReceiptPage>, ProblemPage>> ShowReceiptAsync(
        string id, HttpContext context, LinkShortApi api, CancellationToken cancellationToken)
    {
        // The URL is all that is needed to see it.
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-store";
        var result = await api.GetDeletionReceiptAsync(id, cancellationToken);
        return result.Succeeded(out var receipt, out var problem)
            ? new RazorComponentResult<ReceiptPage>(new { Receipt = receipt })
            : new ProblemPage(problem);
    }

    private static async Task<Results<RazorComponentResult<PrivacyPage>, ProblemPage>> PageAsync(
        ApiProblem? problem, LinkShortApi api, CancellationToken cancellationToken, Func<ScheduledDeletion?>? takeScheduled = null)
    {
        var consents = await api.GetConsentsAsync(cancellationToken);
        if (!consents.Succeeded(out var state, out var refused))
        {
            return new ProblemPage(refused);
        }

        var exports = await api.ListExportsAsync(cancellationToken);
        if (!exports.Succeeded(out var latest, out refused))
        {
            return new ProblemPage(refused);
        }

        var deletion = await api.GetDeletionAsync(cancellationToken);
        return deletion.Succeeded(out var status, out refused)
            ? new RazorComponentResult<PrivacyPage>(new
            {
                Consents = state,
                Export = latest.Count > 0 ? latest[0] : null,
                Deletion = status,
                Scheduled = takeScheduled?.Invoke(),
                Problem = problem,
            })
            { StatusCode = problem?.Status }
            : new ProblemPage(refused);
    }

    private static async Task<Results<RazorComponentResult<DeleteAccountPage>, ProblemPage>> DeletionPageAsync(
        string? confirmation, ApiProblem? problem, LinkShortApi api, CurrentSession session, CancellationToken cancellationToken)
    {
        var deletion = await api.GetDeletionAsync(cancellationToken);
        return deletion.Succeeded(out var status, out var refused)
            ? new RazorComponentResult<DeleteAccountPage>(new { session.Current?.Email, Deletion = status, Confirmation = confirmation, Problem = problem }) { StatusCode = problem?.Status }
            : new ProblemPage(refused);
    }
}
