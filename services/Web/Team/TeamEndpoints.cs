using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Problems;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Team;

/// <summary>Members and their roles, and invitations.</summary>
public static class TeamEndpoints
{
    private const string Home = "/app/team";

    public static void MapTeam(this IEndpointRouteBuilder routes)
    {
        var team = routes.MapGroup(Home).RequireAuthorization();
        team.MapGet("/", ShowAsync);
        team.MapPost("/members/{userId:guid}", ChangeRoleAsync).Needs(Permissions.MembersManage);
        team.MapGet("/members/{userId:guid}/remove", AskToRemoveAsync).Needs(Permissions.MembersManage);
        team.MapPost("/members/{userId:guid}/remove", RemoveAsync).Needs(Permissions.MembersManage);
        team.MapGet("/leave", AskToLeaveAsync);
        team.MapPost("/leave", LeaveAsync);
        team.MapGet("/invite", () => new RazorComponentResult<InvitePage>(new { Form = new InvitationForm() })).Needs(Permissions.MembersManage);
        team.MapPost("/invitations", InviteAsync).Needs(Permissions.MembersManage);
        team.MapPost("/invitations/{id:guid}/resend", ResendAsync).Needs(Permissions.MembersManage);
        team.MapPost("/invitations/{id:guid}/withdraw", WithdrawAsync).Needs(Permissions.MembersManage);
    }

    public sealed class RoleForm
    {
        public string? Role { get; init; }
    }

    public sealed class InvitationForm
    {
        public string? Email { get; init; }

        public string Role { get; init; } = "member";
    }

    public static async Task<Results<RazorComponentResult<TeamPage>, ProblemPage>> ShowAsync(
        string? cursor, LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken)
    {
        if (active.Id is null)
        {
            await active.LoadAsync(cancellationToken);
        }

        if (active.Id is not { } id)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var members = await api.ListMembersAsync(id, cursor, cancellationToken);
        if (!members.Succeeded(out var page, out var refused))
        {
            return new ProblemPage(refused);
        }

        var invitations = await api.ListInvitationsAsync(id, cancellationToken);
        return invitations.Succeeded(out var pending, out refused)
            ? new RazorComponentResult<TeamPage>(new { Members = page, Invitations = pending.Items })
            : new ProblemPage(refused);
    }

    public static async Task<Results<Redirect, ProblemPage>> ChangeRoleAsync(
        Guid userId, [FromForm] RoleForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        if (active.Id is not { } id)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var result = await api.ChangeRoleAsync(id, userId, form.Role ?? "", cancellationToken);
        if (!result.Succeeded(out _, out var problem))
        {
            return flash.Refuse(InWords(problem), Home);
        }

        flash.Say("team.roleChanged", ("role", RoleText.Name(form.Role ?? "", texts)));
        return Redirect.To(Home);
    }

    public static async Task<Results<RazorComponentResult<RemoveMemberPage>, ProblemPage>> AskToRemoveAsync(
        Guid userId, LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken)
    {
        await active.LoadAsync(cancellationToken);
        if (active.Workspace is not { } workspace)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var members = await api.ListMembersAsync(workspace.Id, null, cancellationToken);
        return !members.Succeeded(out var page, out var problem) ? new ProblemPage(problem)
            : page.Items.FirstOrDefault(member => member.UserId == userId) is { } member
                ? new RazorComponentResult<RemoveMemberPage>(new { Member = member, Workspace = workspace })
            : new ProblemPage(ApiProblem.NotFound);
    }

    public static async Task<Results<Redirect, ProblemPage>> RemoveAsync(
        Guid userId, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        if (active.Id is not { } id)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var result = await api.RemoveMemberAsync(id, userId, cancellationToken);
        // Already removed: the goal is reached.
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return flash.Refuse(InWords(problem), Home);
        }

        flash.Say("team.removed");
        return Redirect.To(Home);
    }

    public static async Task<Results<RazorComponentResult<LeavePage>, ProblemPage>> AskToLeaveAsync(ActiveWorkspace active, CancellationToken cancellationToken)
    {
        await active.LoadAsync(cancellationToken);
        return active.Workspace is { } workspace
            ? new RazorComponentResult<LeavePage>(new { Workspace = workspace })
            : new ProblemPage(ApiProblem.Unreachable);
    }

    public static async Task<Results<Redirect, ProblemPage>> LeaveAsync(
        LinkShortApi api, ActiveWorkspace active, WorkspaceSwitch to, Flash flash, CancellationToken cancellationToken)
    {
        await active.LoadAsync(cancellationToken);
        if (active.Workspace is not { } workspace || active.UserId is not { } userId)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var result = await api.RemoveMemberAsync(workspace.Id, userId, cancellationToken);
        if (!result.Succeeded(out _, out var problem))
        {
            return flash.Refuse(InWords(problem), Home);
        }

        // The session has moved to the personal workspace; if that failed, it moves with the next token.
        if (active.All.FirstOrDefault(other => other.Personal) is { } personal)
        {
            await to.GoAsync(personal.Id, cancellationToken);
        }

        flash.Say("team.left", ("workspace", workspace.Name));
        return Redirect.To(ReturnUrl.Default);
    }

    public static async Task<Results<Redirect, RazorComponentResult<InvitePage>, ProblemPage>> InviteAsync(
        [FromForm] InvitationForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        if (active.Id is not { } id)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var email = form.Email?.Trim() ?? "";
        var result = await api.InviteAsync(id, email, form.Role, cancellationToken);
        if (result.Succeeded(out _, out var problem))
        {
            flash.Say("team.sentTo", ("email", email));
            return Redirect.To(Home);
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : new RazorComponentResult<InvitePage>(new { Form = form, Problem = InWords(problem) }) { StatusCode = problem.Status };
    }

    public static async Task<Results<Redirect, ProblemPage>> ResendAsync(
        Guid id, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        if (active.Id is not { } workspaceId)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var result = await api.ResendInvitationAsync(workspaceId, id, cancellationToken);
        if (!result.Succeeded(out var invitation, out var problem))
        {
            return flash.Refuse(InWords(problem), Home);
        }

        flash.Say("team.resent", ("email", invitation.Email));
        return Redirect.To(Home);
    }

    public static async Task<Results<Redirect, ProblemPage>> WithdrawAsync(
        Guid id, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken)
    {
        if (active.Id is not { } workspaceId)
        {
            return new ProblemPage(ApiProblem.Unreachable);
        }

        var result = await api.WithdrawInvitationAsync(workspaceId, id, cancellationToken);
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return flash.Refuse(InWords(problem), Home);
        }

        flash.Say("team.withdrawn");
        return Redirect.To(Home);
    }

    /// <summary>The API's details are written for programs.</summary>
    private static ApiProblem InWords(ApiProblem problem) => problem.Slug switch
    {
        "conflict" when problem.Detail is { } detail => ApiProblem.OfField(problem.Status, problem.Slug, "email", detail),
        _ => problem,
    };
}
