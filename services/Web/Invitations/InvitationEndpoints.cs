using LinkShort.Web.Account;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Invitations;

/// <summary>The page that an invitation email links to: accept or decline. A GET changes nothing, because email scanners follow links.</summary>
public static class InvitationEndpoints
{
    private const string Home = "/app/invitations";

    public static void MapInvitations(this IEndpointRouteBuilder routes)
    {
        var invitations = routes.MapGroup(Home).AllowAnonymous();
        invitations.MapGet("/", ShowAsync);
        invitations.MapPost("/accept", AcceptAsync).RequireAuthorization();
        invitations.MapPost("/decline", DeclineAsync);
        invitations.MapPost("/other-account", OtherAccountAsync);
    }

    public sealed class AnswerForm
    {
        /// <summary>From the link in the email.</summary>
        public string? Token { get; init; }
    }

    public static async Task<Results<RazorComponentResult<InvitationPage>, RazorComponentResult<InvitationEndedPage>, ProblemPage>> ShowAsync(
        string? token, HttpContext context, LinkShortApi api, CurrentSession session, CancellationToken cancellationToken) =>
        await PageAsync(token ?? "", null, context, api, session, cancellationToken);

    public static async Task<Results<Redirect, RazorComponentResult<InvitationPage>, RazorComponentResult<InvitationEndedPage>, ProblemPage>> AcceptAsync(
        [FromForm] AnswerForm form, HttpContext context, LinkShortApi api, CurrentSession session, WorkspaceSwitch to, Flash flash,
        CancellationToken cancellationToken)
    {
        var result = await api.AcceptInvitationAsync(form.Token ?? "", cancellationToken);
        if (!result.Succeeded(out var workspace, out var problem))
        {
            var page = problem.IsSignedOut || problem.IsStepUp
                ? new ProblemPage(problem)
                : await PageAsync(form.Token ?? "", problem, context, api, session, cancellationToken);
            return page.Result switch
            {
                RazorComponentResult<InvitationPage> again => again,
                RazorComponentResult<InvitationEndedPage> ended => ended,
                ProblemPage other => other,
                _ => new ProblemPage(problem),
            };
        }

        if (await to.GoAsync(workspace.Id, cancellationToken) is { } stayed)
        {
            var needsFactor = stayed.Slug == "two-factor-enrollment-required";
            flash.Warn(needsFactor ? "invitations.joinedTwoFactor" : "invitations.joined", ("workspace", workspace.Name));
            return Redirect.To(needsFactor ? "/app/security" : ReturnUrl.Default);
        }

        flash.Say("invitations.welcome", ("workspace", workspace.Name), ("role", workspace.Role));
        return Redirect.To(ReturnUrl.Default);
    }

    public static async Task<Results<RazorComponentResult<InvitationEndedPage>, RazorComponentResult<InvitationPage>, ProblemPage>> DeclineAsync(
        [FromForm] AnswerForm form, HttpContext context, LinkShortApi api, CurrentSession session, CancellationToken cancellationToken)
    {
        var result = await api.DeclineInvitationAsync(form.Token ?? "", cancellationToken);
        if (result.Succeeded(out _, out var problem))
        {
            return new RazorComponentResult<InvitationEndedPage>(new { Declined = true });
        }

        var page = await PageAsync(form.Token ?? "", problem, context, api, session, cancellationToken);
        return page.Result switch
        {
            RazorComponentResult<InvitationPage> again => again,
            RazorComponentResult<InvitationEndedPage> ended => ended,
            _ => new ProblemPage(problem),
        };
    }

    /// <summary>Signs out, and returns here after the sign-in page.</summary>
    public static async Task<Redirect> OtherAccountAsync(
        [FromForm] AnswerForm form, HttpContext context, LinkShortApi api, SessionStore sessions, Flash flash, ILogger<SessionStore> logger)
    {
        await AccountEndpoints.SignOutAsync(context, api, sessions, flash, logger);
        return Redirect.To("/app/signin" + QueryString.Create("returnUrl", AddressOf(form.Token ?? "")));
    }

    /// <summary>The page that the email links to.</summary>
    public static string AddressOf(string token) => Home + QueryString.Create("token", token);

    private static async Task<Results<RazorComponentResult<InvitationPage>, RazorComponentResult<InvitationEndedPage>, ProblemPage>> PageAsync(
        string token, ApiProblem? problem, HttpContext context, LinkShortApi api, CurrentSession session, CancellationToken cancellationToken)
    {
        // The URL contains the token, which must not appear in referrers.
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (token.Length == 0 || problem?.Slug == "invitation-invalid")
        {
            return Ended();
        }

        var result = await api.PreviewInvitationAsync(token, cancellationToken);
        if (result.Succeeded(out var invitation, out var refused))
        {
            return new RazorComponentResult<InvitationPage>(new
            {
                Invitation = invitation,
                Token = token,
                SignedInAs = session.Current?.Email,
                IsUnknown = session.IsUnknown,
                Problem = problem,
            })
            { StatusCode = problem?.Status };
        }

        return refused.Slug is "invitation-invalid" or "validation" ? Ended() : new ProblemPage(refused);

        static RazorComponentResult<InvitationEndedPage> Ended() => new(new { Declined = false }) { StatusCode = StatusCodes.Status410Gone };
    }
}
