using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Workspaces;

/// <summary>Switching and creating workspaces.</summary>
public static class SwitchingEndpoints
{
    public static void MapSwitching(this IEndpointRouteBuilder routes)
    {
        var workspaces = routes.MapGroup("/app/workspaces").RequireAuthorization();
        workspaces.MapGet("/new", () => new RazorComponentResult<NewWorkspacePage>(new { }));
        workspaces.MapPost("/", CreateAsync);
        workspaces.MapPost("/{id:guid}/switch", SwitchAsync);
    }

    public sealed class WorkspaceForm
    {
        public string? Name { get; init; }
    }

    public static async Task<Results<Redirect, RazorComponentResult<NewWorkspacePage>, ProblemPage>> CreateAsync(
        [FromForm] WorkspaceForm form, LinkShortApi api, WorkspaceSwitch to, Flash flash, CancellationToken cancellationToken)
    {
        var name = form.Name?.Trim() ?? "";
        var result = await api.CreateWorkspaceAsync(name, cancellationToken);
        if (!result.Succeeded(out var workspace, out var problem))
        {
            return problem.LeadsElsewhere
                ? new ProblemPage(problem)
                : new RazorComponentResult<NewWorkspacePage>(new { Name = name, Problem = problem }) { StatusCode = problem.Status };
        }

        if (await to.GoAsync(workspace.Id, cancellationToken) is { } stayed)
        {
            // The workspace was created, only the switch failed.
            flash.Warn("workspaces.createdNotSwitched", ("name", workspace.Name));
            return stayed.IsSignedOut ? new ProblemPage(stayed) : Redirect.To(ReturnUrl.Default);
        }

        flash.Say("workspaces.createdInvite", ("name", workspace.Name));
        return Redirect.To("/app/team");
    }

    public static async Task<Results<Redirect, ProblemPage>> SwitchAsync(
        Guid id, LinkShortApi api, WorkspaceSwitch to, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        await active.LoadAsync(cancellationToken);
        var name = active.All.FirstOrDefault(workspace => workspace.Id == id)?.Name;
        if (await to.GoAsync(id, cancellationToken) is not { } problem)
        {
            flash.Say(name is null ? "workspaces.switchedUnnamed" : "workspaces.switched", ("name", name));
            return Redirect.To(ReturnUrl.Default);
        }

        switch (problem)
        {
            case { LeadsElsewhere: true }:
                return new ProblemPage(problem);
            case { Status: StatusCodes.Status404NotFound }:
                flash.Warn("workspaces.noLongerMember");
                return Redirect.To(ReturnUrl.Default);
            default:
                flash.Warn("workspaces.notSwitched", ("reason", flash.InWords(problem)));
                return Redirect.To(ReturnUrl.Default);
        }
    }
}

/// <summary>Switches the visitor's session to another of their workspaces.</summary>
public sealed class WorkspaceSwitch(LinkShortApi api, SessionRenewal renewal, CurrentSession current)
{
    /// <returns>Null on success; otherwise the problem, and the session is unchanged.</returns>
    public async Task<ApiProblem?> GoAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        return current.Id is not { } id ? ApiProblem.SignedOut : (await renewal.ExchangeAsync(id, token => api.SwitchWorkspaceAsync(workspaceId, token), cancellationToken)).Problem;
    }
}
