using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Problems;
using LinkShort.Web.Team;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Workspaces;

/// <summary>The current workspace's settings: name, requirements, transfer of ownership, deletion and restoring.</summary>
public static class WorkspaceSettingsEndpoints
{
    public const string Home = "/app/workspace";

    public static void MapWorkspaceSettings(this IEndpointRouteBuilder routes)
    {
        var workspace = routes.MapGroup(Home).RequireAuthorization();
        workspace.MapGet("/", ShowAsync);
        workspace.MapPost("/", RenameAsync).Needs(Permissions.WorkspaceChange);
        workspace.MapPost("/two-factor", RequireTwoFactorAsync).Needs(Permissions.WorkspaceOwn);
        workspace.MapGet("/transfer", AskToTransferAsync).Needs(Permissions.WorkspaceOwn);
        workspace.MapPost("/transfer", TransferAsync).Needs(Permissions.WorkspaceOwn);
        workspace.MapGet("/delete", AskToDeleteAsync).Needs(Permissions.WorkspaceOwn);
        workspace.MapPost("/delete", DeleteAsync).Needs(Permissions.WorkspaceOwn);
        workspace.MapPost("/restore", RestoreAsync).Needs(Permissions.WorkspaceOwn);
    }

    public sealed class NameForm
    {
        public string? Name { get; init; }

        /// <summary>Of the version that the form showed.</summary>
        public string? ETag { get; init; }
    }

    public sealed class TwoFactorForm
    {
        public bool Required { get; init; }
    }

    public sealed class TransferForm
    {
        /// <summary>A member, as offered; also their name, email address or id.</summary>
        public string? To { get; init; }
    }

    public sealed class DeletionForm
    {
        /// <summary>The workspace's name, typed as a confirmation.</summary>
        public string? Confirmation { get; init; }
    }

    public static async Task<Results<RazorComponentResult<WorkspacePage>, ProblemPage>> ShowAsync(
        ActiveWorkspace active, CancellationToken cancellationToken)
    {
        var result = await active.ReadCurrentAsync(cancellationToken);
        return result.Succeeded(out var workspace, out var problem)
            ? new RazorComponentResult<WorkspacePage>(new { Workspace = workspace, Form = new NameForm { Name = workspace.Name, ETag = workspace.ETag } })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, RazorComponentResult<WorkspacePage>, ProblemPage>> RenameAsync(
        [FromForm] NameForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        var before = await active.ReadCurrentAsync(cancellationToken);
        if (!before.Succeeded(out var workspace, out var problem))
        {
            return new ProblemPage(problem);
        }

        var result = await api.RenameWorkspaceAsync(workspace.Id, form.Name?.Trim() ?? "", form.ETag, cancellationToken);
        if (result.Succeeded(out _, out problem))
        {
            flash.Say("workspaces.nameSaved");
            return Redirect.To(Home);
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            // After a lost race, the form continues with the latest version.
            : new RazorComponentResult<WorkspacePage>(new { Workspace = workspace, Form = new NameForm { Name = form.Name, ETag = workspace.ETag }, Problem = problem }) { StatusCode = problem.Status };
    }

    public static async Task<Results<Redirect, ProblemPage>> RequireTwoFactorAsync(
        [FromForm] TwoFactorForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        if (active.Id is not { } id)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var result = await api.RequireTwoFactorAsync(id, form.Required, cancellationToken);
        if (!result.Succeeded(out _, out var problem))
        {
            if (problem.Slug != "two-factor-enrollment-required")
            {
                return flash.Refuse(problem, Home);
            }

            flash.Warn("workspaces.factorFirst");
            return Redirect.To(Home);
        }

        flash.Say(form.Required ? "workspaces.nowRequired" : "workspaces.noLongerRequired");
        return Redirect.To(Home);
    }

    public static async Task<Results<RazorComponentResult<TransferPage>, ProblemPage>> AskToTransferAsync(
        Guid? to, LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken) =>
        await TransferPageAsync(to?.ToString(), null, api, active, cancellationToken);

    public static async Task<Results<Redirect, RazorComponentResult<TransferPage>, ProblemPage>> TransferAsync(
        [FromForm] TransferForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        if (active.Id is not { } id)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        if (!(await api.AllMembersAsync(id, cancellationToken)).Succeeded(out var members, out var problem))
        {
            return new ProblemPage(problem);
        }

        if (MemberChoices.Find(members, form.To) is not { } to)
        {
            problem = ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "to", texts["workspaces.chooseOwner"]);
        }
        else if ((await api.TransferWorkspaceAsync(id, to.UserId, cancellationToken)).Succeeded(out var workspace, out problem))
        {
            flash.Say("workspaces.transferred", ("name", workspace.Name));
            return Redirect.To("/app/team");
        }

        if (problem.LeadsElsewhere || problem.IsForbidden)
        {
            return new ProblemPage(problem);
        }

        problem = problem.MessagesOf("userId") is [var first, ..] ? ApiProblem.OfField(problem.Status, problem.Slug, "to", first) : problem;
        var page = await TransferPageAsync(form.To, problem, api, active, cancellationToken);
        return page.Result is ProblemPage other ? other : (RazorComponentResult<TransferPage>)page.Result;
    }

    public static async Task<Results<RazorComponentResult<DeleteWorkspacePage>, ProblemPage>> AskToDeleteAsync(
        ActiveWorkspace active, CancellationToken cancellationToken)
    {
        var result = await active.ReadCurrentAsync(cancellationToken);
        return result.Succeeded(out var workspace, out var problem)
            ? new RazorComponentResult<DeleteWorkspacePage>(new { Workspace = workspace })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, RazorComponentResult<DeleteWorkspacePage>, ProblemPage>> DeleteAsync(
        [FromForm] DeletionForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, Viewer viewer, Texts texts, CancellationToken cancellationToken)
    {
        var result = await active.ReadCurrentAsync(cancellationToken);
        if (!result.Succeeded(out var workspace, out var problem))
        {
            return new ProblemPage(problem);
        }

        if (!string.Equals(form.Confirmation?.Trim(), workspace.Name.Trim(), StringComparison.OrdinalIgnoreCase))
        {
            problem = ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "confirmation", texts["workspaces.deleteMistyped", ("name", workspace.Name)]);
        }
        else if ((await api.DeleteWorkspaceAsync(workspace.Id, cancellationToken)).Succeeded(out var scheduled, out problem))
        {
            var at = scheduled.EraseAfter is { } end ? viewer.DateAndTime(end) : null;
            flash.Say(at is null ? "workspaces.deletedLater" : "workspaces.deletedOn", ("name", workspace.Name), ("at", at));
            return Redirect.To(Home);
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : new RazorComponentResult<DeleteWorkspacePage>(new { Workspace = workspace, form.Confirmation, Problem = problem }) { StatusCode = problem.Status };
    }

    public static async Task<Results<Redirect, ProblemPage>> RestoreAsync(
        LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        if (active.Id is not { } id)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var result = await api.RestoreWorkspaceAsync(id, cancellationToken);
        if (!result.Succeeded(out var workspace, out var problem))
        {
            return flash.Refuse(problem, Home);
        }

        flash.Say("workspaces.restored", ("name", workspace.Name));
        return Redirect.To(Home);
    }

    private static async Task<Results<RazorComponentResult<TransferPage>, ProblemPage>> TransferPageAsync(
        string? to, ApiProblem? problem, LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken)
    {
        await active.LoadAsync(cancellationToken);
        if (active.Workspace is not { } workspace)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var members = await api.AllMembersAsync(workspace.Id, cancellationToken);
        return members.Succeeded(out var all, out var refused)
            ? new RazorComponentResult<TransferPage>(new
            {
                Workspace = workspace,
                Members = all.Where(member => member.UserId != active.UserId).ToList(),
                To = MemberChoices.Find(all, to) is { } chosen ? MemberChoices.TextOf(chosen) : to,
                Problem = problem,
            })
            { StatusCode = problem?.Status }
            : new ProblemPage(refused);
    }
}
