using LinkShort.Localization;
using LinkShort.Web.Account;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Invitations;

/// <summary>
/// The page that an invitation email links to: accept or decline. A new user sets a name and a password there and is in; an existing one signs in
/// and is in. A GET of the link changes nothing, because email scanners follow links.
/// </summary>
public static class InvitationEndpoints
{
    /// <summary>Where a sign-in returns to that was started by accepting an invitation.</summary>
    public const string Continue = Home + "/continue";

    private const string Home = "/app/invitations";

    public static void MapInvitations(this IEndpointRouteBuilder routes)
    {
        var invitations = routes.MapGroup(Home).AllowAnonymous();
        invitations.MapGet("/", ShowAsync);
        invitations.MapPost("/accept", AcceptAsync).RequireAuthorization();
        invitations.MapPost("/join", JoinAsync);
        invitations.MapPost("/sign-in", SignInAsync);
        invitations.MapGet("/continue", ContinueAsync).RequireAuthorization();
        invitations.MapPost("/decline", DeclineAsync);
        invitations.MapPost("/other-account", OtherAccountAsync);
    }

    public sealed class AnswerForm
    {
        /// <summary>From the link in the email.</summary>
        public string? Token { get; init; }

        /// <summary>How to sign in: "organisation" for single sign-on.</summary>
        public string? Way { get; init; }
    }

    /// <summary>A new account for the invited address.</summary>
    public sealed class JoinForm : AccountEndpoints.AccountForm
    {
        public string? Token { get; init; }
    }

    /// <summary>The page that the email links to.</summary>
    public static string AddressOf(string token) => Home + QueryString.Create("token", token);

    /// <summary>What the pages need.</summary>
    public readonly record struct Services(LinkShortApi Api, CurrentSession Session, ConsentOffers Offers, Texts Texts, SealedNotes Notes, HttpContext Context);

    public static Task<IResult> ShowAsync(string? token, [AsParameters] Services services, CancellationToken cancellationToken) =>
        PageAsync(token ?? "", null, null, services, cancellationToken);

    public static Task<IResult> AcceptAsync(
        [FromForm] AnswerForm form, [AsParameters] Services services, Landing landing, CancellationToken cancellationToken) =>
        AcceptTokenAsync(form.Token ?? "", services, landing, cancellationToken);

    /// <summary>Creates the account. The token verifies its address and makes it a member, so there is no other email to wait for.</summary>
    public static async Task<IResult> JoinAsync(
        [FromForm] JoinForm form, [AsParameters] Services services, Registrations registrations, SignIns signIns, Landing landing, Flash flash,
        CancellationToken cancellationToken)
    {
        var token = form.Token ?? "";
        if (!(await services.Api.PreviewInvitationAsync(token, cancellationToken)).Succeeded(out var invitation, out var invalid))
        {
            return await PageAsync(token, invalid, form, services, cancellationToken);
        }

        if ((await registrations.CreateAsync(form, invitation.Email, token, cancellationToken)).Problem is { } problem)
        {
            return await PageAsync(token, problem, form, services, cancellationToken);
        }

        var login = await services.Api.LoginAsync(invitation.Email, form.Password ?? "", null, cancellationToken);
        if (!login.Succeeded(out var tokens, out _))
        {
            // The account exists and is a member, only the sign-in failed.
            flash.Say("invitations.joinedSignIn", ("workspace", invitation.WorkspaceName));
            return Redirect.To("/app/signin");
        }

        await signIns.StartAsync(services.Context, tokens, invitation.Email, cancellationToken);
        return await landing.InAsync(invitation.WorkspaceId, invitation.WorkspaceName, invitation.Role, cancellationToken);
    }

    /// <summary>Accepts as soon as the visitor has signed in, in whichever way. The token waits in a cookie, not in URLs.</summary>
    public static async Task<IResult> SignInAsync([FromForm] AnswerForm form, [AsParameters] Services services, CancellationToken cancellationToken)
    {
        if (!(await services.Api.PreviewInvitationAsync(form.Token ?? "", cancellationToken)).Succeeded(out var invitation, out var problem))
        {
            return await PageAsync(form.Token ?? "", problem, null, services, cancellationToken);
        }

        await InvitationNote.KeepAsync(services.Context, services.Notes, new InvitationNote(form.Token!, invitation.Email));
        return Redirect.To(form.Way == "organisation"
            ? "/app/sso/start" + QueryString.Create("email", invitation.Email).Add("returnUrl", Continue)
            : "/app/signin" + QueryString.Create("returnUrl", Continue));
    }

    /// <summary>After the sign-in. The visitor accepted before it, by a form that kept the note; it works once.</summary>
    public static async Task<IResult> ContinueAsync([AsParameters] Services services, Landing landing, Flash flash, CancellationToken cancellationToken)
    {
        if (await InvitationNote.TakeAsync(services.Context, services.Notes) is { } note)
        {
            return await AcceptTokenAsync(note.Token, services, landing, cancellationToken);
        }

        flash.Warn("invitations.openAgain");
        return Redirect.To(ReturnUrl.Default);
    }

    public static async Task<IResult> DeclineAsync([FromForm] AnswerForm form, [AsParameters] Services services, CancellationToken cancellationToken) =>
        (await services.Api.DeclineInvitationAsync(form.Token ?? "", cancellationToken)).Succeeded(out _, out var problem)
            ? new RazorComponentResult<InvitationEndedPage>(new { Declined = true })
            : await PageAsync(form.Token ?? "", problem, null, services, cancellationToken);

    /// <summary>Signs out, and accepts with the account that signs in next.</summary>
    public static async Task<IResult> OtherAccountAsync(
        [FromForm] AnswerForm form, [AsParameters] Services services, SessionStore sessions, Flash flash, ILogger<SessionStore> logger,
        CancellationToken cancellationToken)
    {
        await AccountEndpoints.SignOutAsync(services.Context, services.Api, sessions, flash, logger);
        return await SignInAsync(form, services, cancellationToken);
    }

    private static async Task<IResult> AcceptTokenAsync(string token, Services services, Landing landing, CancellationToken cancellationToken)
    {
        if ((await services.Api.AcceptInvitationAsync(token, cancellationToken)).Succeeded(out var workspace, out var problem))
        {
            return await landing.InAsync(workspace.Id, workspace.Name, workspace.Role, cancellationToken);
        }

        if (problem.IsStepUp)
        {
            // The page after it is this one, without a form: the token has to wait once more.
            await InvitationNote.KeepAsync(services.Context, services.Notes, new InvitationNote(token, services.Session.Current?.Email ?? ""));
        }

        return problem.IsSignedOut || problem.IsStepUp ? new ProblemPage(problem) : await PageAsync(token, problem, null, services, cancellationToken);
    }

    private static async Task<IResult> PageAsync(string token, ApiProblem? problem, JoinForm? form, Services services, CancellationToken cancellationToken)
    {
        // The URL contains the token, which must not appear in referrers.
        services.Context.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (token.Length == 0 || problem?.Slug == "invitation-invalid")
        {
            return Ended(problem);
        }

        if (!(await services.Api.PreviewInvitationAsync(token, cancellationToken)).Succeeded(out var invitation, out var refused))
        {
            return refused.Slug is "invitation-invalid" or "validation" ? Ended(refused) : new ProblemPage(refused);
        }

        ConsentTexts? offered = null;
        if (services.Session.Current is null && !invitation.HasAccount
            && !(await services.Offers.CurrentAsync(services.Texts.Language, services.Api, cancellationToken)).Succeeded(out offered, out var outage))
        {
            return new ProblemPage(outage);
        }

        return new RazorComponentResult<InvitationPage>(new
        {
            Invitation = invitation,
            Token = token,
            SignedInAs = services.Session.Current?.Email,
            IsUnknown = services.Session.IsUnknown,
            Form = form ?? new JoinForm(),
            Consents = offered?.Consents ?? [],
            Problem = problem,
        })
        { StatusCode = problem?.Status };
    }

    private static RazorComponentResult<InvitationEndedPage> Ended(ApiProblem? problem) =>
        new(new { Expired = problem is null ? null : ExpiredInvitation.Of(problem) }) { StatusCode = StatusCodes.Status410Gone };
}
