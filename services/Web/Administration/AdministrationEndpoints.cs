using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Revenue;
using LinkShort.Web.Sessions;
using LinkShort.Web.Viewing;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Administration;

/// <summary>The administration pages. They answer 404 to everybody but operators.</summary>
public static class AdministrationEndpoints
{
    private const string Root = "/app/admin";

    public static void MapAdministration(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup(Root).RequireAuthorization().AddEndpointFilter(OnlyOperatorsAsync);
        admin.MapGet("/", () => Redirect.To(Root + "/users"));
        admin.MapGet("/users", FindUsersAsync);
        admin.MapGet("/users/{id:guid}", ShowUserAsync);
        admin.MapPost("/users/{id:guid}/suspend", (Guid id, [FromForm] ReasonForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
            SuspendUserAsync(id, form, suspend: true, api, flash, cancellationToken));
        admin.MapPost("/users/{id:guid}/restore", (Guid id, [FromForm] ReasonForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
            SuspendUserAsync(id, form, suspend: false, api, flash, cancellationToken));
        admin.MapPost("/users/{id:guid}/sign-out", SignOutAsync);
        admin.MapPost("/users/{id:guid}/view", ViewAsync);
        admin.MapGet("/workspaces", FindWorkspacesAsync);
        admin.MapGet("/workspaces/{id:guid}", ShowWorkspaceAsync);
        admin.MapPost("/workspaces/{id:guid}/suspend", (Guid id, [FromForm] ReasonForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
            SuspendWorkspaceAsync(id, form, suspend: true, api, flash, cancellationToken));
        admin.MapPost("/workspaces/{id:guid}/restore", (Guid id, [FromForm] ReasonForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
            SuspendWorkspaceAsync(id, form, suspend: false, api, flash, cancellationToken));
        admin.MapGet("/flags", ListFlagsAsync);
        admin.MapPost("/flags", SaveFlagAsync);
        admin.MapGet("/flags/new", () => new RazorComponentResult<FlagPage>(new { Form = new FlagForm { Enabled = "on" }, IsNew = true }));
        admin.MapGet("/flags/{name}", ShowFlagAsync);
        admin.MapPost("/flags/{name}/delete", DeleteFlagAsync);
        admin.MapGet("/announcements", ListAnnouncementsAsync);
        admin.MapPost("/announcements", SaveAnnouncementAsync);
        admin.MapGet("/announcements/new", () => new RazorComponentResult<AnnouncementPage>(new { Form = new AnnouncementForm() }));
        admin.MapGet("/announcements/{id:guid}", EditAnnouncementAsync);
        admin.MapPost("/announcements/{id:guid}/delete", DeleteAnnouncementAsync);
        admin.MapGet("/log", ShowLogAsync);
        admin.MapRevenue();
        admin.MapPickers();
    }

    public sealed class ReasonForm
    {
        public string? Reason { get; init; }
    }

    private static async ValueTask<object?> OnlyOperatorsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var session = context.HttpContext.RequestServices.GetRequiredService<CurrentSession>().Current;
        return session is not null && AccessTokenClaims.Of(session.AccessToken).IsOperator ? await next(context) : new ProblemPage(ApiProblem.NotFound);
    }

    /// <summary>Answers 404 if the user is no longer an operator.</summary>
    internal static ProblemPage Page(ApiProblem problem) => new(problem is { Status: StatusCodes.Status403Forbidden, Slug: "forbidden" } ? ApiProblem.NotFound : problem);

    public static async Task<Results<RazorComponentResult<UsersPage>, ProblemPage>> FindUsersAsync(
        string? search, string? suspended, string? cursor, LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.FindUsersAsync(search, suspended == "true", cursor, cancellationToken)).Succeeded(out var found, out var problem)
            ? new RazorComponentResult<UsersPage>(new { Found = found, Search = search, Suspended = suspended == "true" })
            : Page(problem);

    public static async Task<Results<RazorComponentResult<UserPage>, ProblemPage>> ShowUserAsync(Guid id, LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.GetUserAsync(id, cancellationToken)).Succeeded(out var user, out var problem)
            ? new RazorComponentResult<UserPage>(new { Person = user })
            : Page(problem);

    public static async Task<Results<Redirect, RazorComponentResult<UserPage>, ProblemPage>> SuspendUserAsync(
        Guid id, ReasonForm form, bool suspend, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.SuspendUserAsync(id, suspend, form.Reason ?? "", cancellationToken)).Problem is not { } problem)
        {
            flash.Say(suspend ? "administration.userSuspended" : "administration.userRestored");
            return Redirect.To($"{Root}/users/{id}");
        }

        return problem.Status is StatusCodes.Status400BadRequest or StatusCodes.Status409Conflict && (await api.GetUserAsync(id, cancellationToken)).Value is { } user
            ? new RazorComponentResult<UserPage>(new { Person = user, Problem = problem, Reason = form.Reason }) { StatusCode = problem.Status }
            : Page(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> SignOutAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.SignUserOutAsync(id, cancellationToken)).Problem is { } problem)
        {
            return Page(problem);
        }

        flash.Say("administration.userSignedOut");
        return Redirect.To($"{Root}/users/{id}");
    }

    /// <summary>Shows that user's account in these pages until the operator stops viewing it.</summary>
    public static async Task<Results<Redirect, ProblemPage>> ViewAsync(
        Guid id, LinkShortApi api, SessionRenewal renewal, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!(await api.GetUserAsync(id, cancellationToken)).Succeeded(out var user, out var problem)
            || !(await api.ViewUserAsync(id, cancellationToken)).Succeeded(out var view, out problem))
        {
            return Page(problem);
        }

        var viewing = AccountViewing.Of(view, user.Email, time.GetUtcNow());
        await renewal.ChangeAsync(session => session with { Viewing = viewing }, cancellationToken);
        return Redirect.To(ReturnUrl.Default);
    }

    public static async Task<Results<RazorComponentResult<WorkspacesPage>, ProblemPage>> FindWorkspacesAsync(
        string? search, string? suspended, string? cursor, LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.FindWorkspacesAsync(search, suspended == "true", cursor, cancellationToken)).Succeeded(out var found, out var problem)
            ? new RazorComponentResult<WorkspacesPage>(new { Found = found, Search = search, Suspended = suspended == "true" })
            : Page(problem);

    public static async Task<Results<RazorComponentResult<WorkspacePage>, ProblemPage>> ShowWorkspaceAsync(Guid id, LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.GetWorkspaceAsOperatorAsync(id, cancellationToken)).Succeeded(out var workspace, out var problem)
            ? new RazorComponentResult<WorkspacePage>(new { Workspace = workspace, Plan = (await api.PlanOfWorkspaceAsync(id, cancellationToken)).Value })
            : Page(problem);

    public static async Task<Results<Redirect, RazorComponentResult<WorkspacePage>, ProblemPage>> SuspendWorkspaceAsync(
        Guid id, ReasonForm form, bool suspend, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.SuspendWorkspaceAsync(id, suspend, form.Reason ?? "", cancellationToken)).Problem is not { } problem)
        {
            flash.Say(suspend ? "administration.workspaceSuspended" : "administration.workspaceRestored");
            return Redirect.To($"{Root}/workspaces/{id}");
        }

        return problem.Status == StatusCodes.Status400BadRequest && (await api.GetWorkspaceAsOperatorAsync(id, cancellationToken)).Value is { } workspace
            ? new RazorComponentResult<WorkspacePage>(new
            {
                Workspace = workspace, Plan = (await api.PlanOfWorkspaceAsync(id, cancellationToken)).Value, Problem = problem, Reason = form.Reason,
            })
            { StatusCode = problem.Status }
            : Page(problem);
    }

    public static async Task<Results<RazorComponentResult<FlagsPage>, ProblemPage>> ListFlagsAsync(LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.ListFlagsAsync(cancellationToken)).Succeeded(out var flags, out var problem)
            ? new RazorComponentResult<FlagsPage>(new { Flags = flags.Items })
            : Page(problem);

    public static async Task<Results<RazorComponentResult<FlagPage>, ProblemPage>> ShowFlagAsync(
        string name, string? action, LinkShortApi api, OperatorSearch search, CancellationToken cancellationToken)
    {
        if (!(await api.GetFlagAsync(name, cancellationToken)).Succeeded(out var flag, out var problem))
        {
            return Page(problem);
        }

        var comparison = (await api.CompareFlagAsync(name, action, cancellationToken)).Value;
        var form = FlagForm.Of(flag);
        return new RazorComponentResult<FlagPage>(new { Form = form, Comparison = comparison, Names = await form.NamesAsync(search, cancellationToken) });
    }

    public static async Task<Results<Redirect, RazorComponentResult<FlagPage>, ProblemPage>> SaveFlagAsync(
        IFormCollection fields, LinkShortApi api, OperatorSearch search, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        var (form, problem) = await FlagForm.Of(fields).FindAsync(search, texts, cancellationToken);
        var isSearch = fields["act"] == "add";
        if (problem is null && !isSearch)
        {
            (var change, problem) = form.ToChange(texts);
            problem ??= (await api.PutFlagAsync(form.Name, change, form.ETag, cancellationToken)).Problem;
            if (problem is null)
            {
                flash.Say("administration.flagSaved", ("name", form.Name));
                return Redirect.To($"{Root}/flags/{form.Name}");
            }
        }

        return problem?.Status is null or StatusCodes.Status400BadRequest or StatusCodes.Status412PreconditionFailed
            ? new RazorComponentResult<FlagPage>(new { Form = form, Problem = problem, IsNew = form.ETag is null, Names = await form.NamesAsync(search, cancellationToken) }) { StatusCode = problem?.Status }
            : Page(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> DeleteFlagAsync(string name, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.DeleteFlagAsync(name, cancellationToken)).Problem is { } problem)
        {
            return Page(problem);
        }

        flash.Say("administration.flagDeleted", ("name", name));
        return Redirect.To(Root + "/flags");
    }

    public static async Task<Results<RazorComponentResult<AnnouncementsPage>, ProblemPage>> ListAnnouncementsAsync(LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.ListAllAnnouncementsAsync(cancellationToken)).Succeeded(out var all, out var problem)
            ? new RazorComponentResult<AnnouncementsPage>(new { All = all.Items })
            : Page(problem);

    public static async Task<Results<RazorComponentResult<AnnouncementPage>, ProblemPage>> EditAnnouncementAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        if (!(await api.ListAllAnnouncementsAsync(cancellationToken)).Succeeded(out var all, out var problem))
        {
            return Page(problem);
        }

        return all.Items.FirstOrDefault(each => each.Id == id) is { } found
            ? new RazorComponentResult<AnnouncementPage>(new { Form = AnnouncementForm.Of(found) })
            : Page(ApiProblem.NotFound);
    }

    public static async Task<Results<Redirect, RazorComponentResult<AnnouncementPage>, ProblemPage>> SaveAnnouncementAsync(
        [FromForm] AnnouncementForm form, LinkShortApi api, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        var (change, problem) = form.ToChange(texts);
        problem ??= (await api.PutAnnouncementAsync(form.Id, change, cancellationToken)).Problem;
        if (problem is null)
        {
            flash.Say("administration.announcementSaved");
            return Redirect.To(Root + "/announcements");
        }

        return problem.Status == StatusCodes.Status400BadRequest
            ? new RazorComponentResult<AnnouncementPage>(new { Form = form, Problem = problem }) { StatusCode = problem.Status }
            : Page(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> DeleteAnnouncementAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.DeleteAnnouncementAsync(id, cancellationToken)).Problem is { Status: not StatusCodes.Status404NotFound } problem)
        {
            return Page(problem);
        }

        flash.Say("administration.announcementDeleted");
        return Redirect.To(Root + "/announcements");
    }

    /// <param name="workspaceId">Or its name.</param>
    /// <param name="target">A user's name or email address, or as the API takes it: an id, a type, or both.</param>
    public static async Task<Results<RazorComponentResult<LogPage>, ProblemPage>> ShowLogAsync(
        string? workspaceId, string? target, string? cursor, LinkShortApi api, OperatorSearch search, Texts texts, CancellationToken cancellationToken)
    {
        var filter = await LogFilter.OfAsync(workspaceId, target, search, texts, cancellationToken);
        if (filter.Problem is { } unclear)
        {
            return new RazorComponentResult<LogPage>(new { Filter = filter, Problem = unclear }) { StatusCode = unclear.Status };
        }

        var log = await api.OperatorLogAsync(filter.Workspace, filter.Target, cursor, cancellationToken);
        if (!log.Succeeded(out var entries, out var problem) && problem.Status != StatusCodes.Status400BadRequest)
        {
            return Page(problem);
        }

        var verdict = problem is null ? (await api.VerifyOperatorLogAsync(filter.Workspace, cancellationToken)).Value : null;
        return new RazorComponentResult<LogPage>(new { Log = entries, Verdict = verdict, Filter = filter, Problem = problem }) { StatusCode = problem?.Status };
    }
}
