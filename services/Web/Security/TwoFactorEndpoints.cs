using System.Text;
using System.Text.RegularExpressions;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Security;

/// <summary>Recovery codes for the one page that shows them.</summary>
/// <param name="ReturnUrl">Where the user was going when they had to set up two-factor authentication.</param>
public sealed record ShownCodes(IReadOnlyList<string> Codes, string? ReturnUrl);

/// <summary>The authenticator app, recovery codes, and the page of workspaces that require two factors.</summary>
public static partial class TwoFactorEndpoints
{
    public const string RequiredPath = SecurityEndpoints.Path + "/required";

    private const string AppPath = SecurityEndpoints.Path + "/authenticator";

    private static readonly TimeSpan SetupLifetime = TimeSpan.FromMinutes(30);

    public static void Map(IEndpointRouteBuilder security)
    {
        security.MapGet("/required", RequiredAsync);
        security.MapGet("/authenticator", ShowAsync);
        security.MapPost("/authenticator/setup", SetUpAsync);
        security.MapPost("/authenticator", EnableAsync);
        security.MapGet("/authenticator/off", () => Page(off: true, new ProofForm(), null));
        security.MapPost("/authenticator/off", TurnOffAsync);
        security.MapGet("/recovery-codes", ShowCodes);
        security.MapGet("/recovery-codes/new", () => Page(off: false, new ProofForm(), null));
        security.MapPost("/recovery-codes/new", NewCodesAsync);
        security.MapPost("/recovery-codes/download", Download);
    }

    public sealed class SetupForm
    {
        /// <summary>The cookie with the name of the secret that is being set up.</summary>
        public string? Setup { get; init; }

        public string? Code { get; init; }

        public string? ReturnUrl { get; init; }
    }

    /// <summary>The password, and either code or recovery code.</summary>
    public sealed class ProofForm
    {
        public string? Password { get; init; }

        public string? Code { get; init; }

        public string? RecoveryCode { get; init; }
    }

    public sealed class CodesForm
    {
        public string[]? Codes { get; init; }
    }

    /// <summary>Explains that the workspace requires two-factor authentication, and links to its setup.</summary>
    public static async Task<Results<RazorComponentResult<RequiredPage>, ProblemPage>> RequiredAsync(
        string? returnUrl, LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.TwoFactorAsync(cancellationToken)).Succeeded(out var factors, out var problem)
            ? new RazorComponentResult<RequiredPage>(new { Factors = factors, ReturnUrl = returnUrl })
            : new ProblemPage(problem);

    public static async Task<RazorComponentResult<AuthenticatorPage>> ShowAsync(
        string? setup, string? returnUrl, HttpContext context, SealedNotes notes, CurrentSession current)
    {
        // The page may contain the secret.
        context.Response.Headers.CacheControl = "no-store";
        return Page(new SetupForm { Setup = setup, ReturnUrl = returnUrl }, await notes.FindAsync<AuthenticatorSetup>(setup, current.Id ?? ""), null);
    }

    public static async Task<Results<Redirect, RazorComponentResult<AuthenticatorPage>, ProblemPage>> SetUpAsync(
        [FromForm] SetupForm form, LinkShortApi api, SealedNotes notes, CurrentSession current, CancellationToken cancellationToken)
    {
        var made = await api.SetUpAuthenticatorAsync(cancellationToken);
        if (!made.Succeeded(out var secret, out var problem))
        {
            return problem.LeadsElsewhere ? new ProblemPage(problem) : Page(form, null, problem);
        }

        var setup = await notes.StoreAsync(secret, SetupLifetime, current.Id ?? "");
        return Redirect.To(AppPath + QueryString.Create("setup", setup).Add("returnUrl", form.ReturnUrl ?? ""));
    }

    public static async Task<Results<Redirect, RazorComponentResult<AuthenticatorPage>, ProblemPage>> EnableAsync(
        [FromForm] SetupForm form, LinkShortApi api, SealedNotes notes, CurrentSession current, SessionRenewal renewal, Flash flash,
        CancellationToken cancellationToken)
    {
        var enabled = await api.EnableAuthenticatorAsync(form.Code?.Trim() ?? "", cancellationToken);
        if (!enabled.Succeeded(out var codes, out var problem))
        {
            return problem.LeadsElsewhere
                ? new ProblemPage(problem)
                : Page(form, await notes.FindAsync<AuthenticatorSetup>(form.Setup, current.Id ?? ""), problem);
        }

        await notes.TakeAsync<AuthenticatorSetup>(form.Setup, current.Id ?? "");
        return await ShowOnceAsync(codes.RecoveryCodes, form.ReturnUrl, renewal, flash, cancellationToken);
    }

    public static async Task<Results<Redirect, RazorComponentResult<ProofPage>, ProblemPage>> TurnOffAsync(
        [FromForm] ProofForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var off = await api.DisableAuthenticatorAsync(form.Password ?? "", form.Code?.Trim() ?? "", Optional(form.RecoveryCode), cancellationToken);
        if (!off.Succeeded(out _, out var problem))
        {
            return problem.LeadsElsewhere ? new ProblemPage(problem) : Page(off: true, form, problem);
        }

        flash.Say("security.appOff");
        return Redirect.To(SecurityEndpoints.Path);
    }

    public static async Task<Results<Redirect, RazorComponentResult<ProofPage>, ProblemPage>> NewCodesAsync(
        [FromForm] ProofForm form, LinkShortApi api, SessionRenewal renewal, Flash flash, CancellationToken cancellationToken)
    {
        var made = await api.NewRecoveryCodesAsync(form.Password ?? "", form.Code?.Trim() ?? "", Optional(form.RecoveryCode), cancellationToken);
        return made.Succeeded(out var codes, out var problem) ? await ShowOnceAsync(codes.RecoveryCodes, null, renewal, flash, cancellationToken)
            : problem.LeadsElsewhere ? new ProblemPage(problem)
            : Page(off: false, form, problem);
    }

    public static RazorComponentResult<RecoveryCodesPage> ShowCodes(HttpContext context, Flash flash)
    {
        context.Response.Headers.CacheControl = "no-store";
        return new RazorComponentResult<RecoveryCodesPage>(new { Shown = flash.Take<ShownCodes>() });
    }

    /// <summary>The displayed codes as a file; the server no longer has them.</summary>
    public static Results<FileContentHttpResult, BadRequest> Download([FromForm] CodesForm form, HttpContext context, Texts texts)
    {
        if (form.Codes is not { Length: > 0 and <= 20 } codes || !codes.All(code => CodePattern().IsMatch(code)))
        {
            return TypedResults.BadRequest();
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.File(
            Encoding.UTF8.GetBytes($"{texts["security.fileTitle"]}\r\n{texts["security.fileText"]}\r\n\r\n{string.Join("\r\n", codes)}\r\n"),
            "text/plain; charset=utf-8", "linkshort-recovery-codes.txt");
    }

    /// <summary>Redirects to the page that shows codes once. Renews the tokens, so that the session counts as one with two factors.</summary>
    internal static async Task<Redirect> ShowOnceAsync(
        IReadOnlyList<string> codes, string? returnUrl, SessionRenewal renewal, Flash flash, CancellationToken cancellationToken)
    {
        await renewal.RenewNowAsync(cancellationToken);
        flash.Set(new ShownCodes(codes, returnUrl is { Length: > 0 } ? returnUrl : null));
        return Redirect.To(SecurityEndpoints.Path + "/recovery-codes");
    }

    private static RazorComponentResult<AuthenticatorPage> Page(SetupForm form, AuthenticatorSetup? setup, ApiProblem? problem) =>
        new(new { Form = form, Setup = setup, Problem = problem }) { StatusCode = problem?.Status };

    private static RazorComponentResult<ProofPage> Page(bool off, ProofForm form, ApiProblem? problem) =>
        new(new { TurnsOff = off, Form = form, Problem = problem }) { StatusCode = problem?.Status };

    private static string? Optional(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    [GeneratedRegex("^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$")]
    private static partial Regex CodePattern();
}
