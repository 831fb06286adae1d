using LinkShort.Localization;
using LinkShort.Web.Account;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Confirm;

/// <summary>A submitted form that waits until its sender has confirmed their identity.</summary>
/// <param name="FilledInAt">The form's page, if it contained secrets: it has to be filled in again.</param>
public sealed record WaitingForm(string Action, IReadOnlyList<KeyValuePair<string, string>> Fields, string? FilledInAt = null);

/// <summary>
/// "Confirm that it's you": the API's problem <c>recent-sign-in-required</c> leads here, and from here back. A submitted form is kept
/// without its secrets, and is resubmitted afterwards.
/// </summary>
public static class ConfirmEndpoints
{
    private const string Path = "/app/confirm";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public static void MapConfirm(this IEndpointRouteBuilder routes)
    {
        var confirm = routes.MapGroup(Path).RequireAuthorization();
        confirm.MapGet("/", ShowAsync);
        confirm.MapPost("/", ConfirmAsync);
        confirm.MapGet("/resume", ResumeAsync);
    }

    public sealed class ConfirmForm
    {
        public string? Password { get; init; }

        public string? Code { get; init; }

        public string? RecoveryCode { get; init; }

        public string? Credential { get; init; }

        /// <summary>The cookie with the name of the <see cref="WaitingForm"/>.</summary>
        public string? Step { get; init; }

        public string? ReturnUrl { get; init; }

        /// <summary>A workspace's single sign-on doesn't count.</summary>
        public bool Own { get; init; }
    }

    /// <summary>Where to redirect so that this request can be resumed.</summary>
    /// <param name="own">A workspace's single sign-on doesn't count.</param>
    public static async Task<string> AskAsync(HttpContext context, bool own)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method))
        {
            return Address(QueryString.Create("returnUrl", request.Path + request.QueryString), own);
        }

        // Secrets are not stored, not even encrypted; the form asks for them again.
        var sent = request.HasFormContentType
            ? (await request.ReadFormAsync(context.RequestAborted)).Where(field => !field.Key.StartsWith("__", StringComparison.Ordinal)).ToArray()
            : [];
        var hasSecrets = sent.Any(field => IsSecret(field.Key));
        var fields = sent.Where(field => !IsSecret(field.Key)).SelectMany(field => field.Value.Select(value => KeyValuePair.Create(field.Key, value ?? ""))).ToArray();
        var services = context.RequestServices;
        var session = services.GetRequiredService<CurrentSession>();
        var step = await services.GetRequiredService<SealedNotes>().StoreAsync(
            new WaitingForm(request.Path + request.QueryString, fields, hasSecrets ? CameFrom(request) : null), Lifetime, session.Id ?? "");
        return Address(QueryString.Create("step", step).Add("returnUrl", CameFrom(request)), own);
    }

    public static async Task<Results<RazorComponentResult<ConfirmPage>, ProblemPage>> ShowAsync(
        string? step, string? returnUrl, bool? own, LinkShortApi api, Texts texts, CancellationToken cancellationToken) =>
        await PageAsync(new ConfirmForm { Step = step, ReturnUrl = returnUrl, Own = own == true }, null, api, texts, cancellationToken);

    public static async Task<Results<Redirect, RazorComponentResult<ConfirmPage>, ProblemPage>> ConfirmAsync(
        [FromForm] ConfirmForm form, LinkShortApi api, SessionRenewal renewal, CurrentSession current, Texts texts, CancellationToken cancellationToken)
    {
        var confirmation = SecondStep.CredentialOf(form.Credential) is { } credential
            ? new Confirmation(Credential: credential)
            : new Confirmation(form.Password ?? "", Optional(form.Code), Optional(form.RecoveryCode));
        var confirmed = await renewal.ExchangeAsync(current.Id ?? "", token => api.ConfirmAsync(confirmation, token), cancellationToken);
        if (confirmed.Succeeded(out _, out var problem))
        {
            return Redirect.To(form.Step is { Length: > 0 } step ? $"{Path}/resume{QueryString.Create("step", step)}" : ReturnUrl.Checked(form.ReturnUrl));
        }

        problem = problem.Slug switch
        {
            "invalid-credentials" => ApiProblem.OfField(problem.Status, problem.Slug, "password", texts["confirm.wrongPassword"]),
            "invalid-code" => SecondStep.WrongCode(problem, confirmation.RecoveryCode is null ? "code" : "recoveryCode", texts),
            _ => problem,
        };
        return (await PageAsync(form, problem, api, texts, cancellationToken)).Result is RazorComponentResult<ConfirmPage> page ? page : new ProblemPage(problem);
    }

    /// <summary>Resubmits the form, once: by a button, or by script. One with secrets is filled in again.</summary>
    public static async Task<Results<Redirect, RazorComponentResult<ResumePage>>> ResumeAsync(string? step, SealedNotes notes, CurrentSession current) =>
        await notes.TakeAsync<WaitingForm>(step, current.Id ?? "") switch
        {
            null => Redirect.To(ReturnUrl.Default),
            { FilledInAt: { } page } => Redirect.To(ReturnUrl.Checked(page)),
            var form => new RazorComponentResult<ResumePage>(new { Form = form }),
        };

    private static async Task<Results<RazorComponentResult<ConfirmPage>, ProblemPage>> PageAsync(
        ConfirmForm form, ApiProblem? problem, LinkShortApi api, Texts texts, CancellationToken cancellationToken)
    {
        if (problem is { IsSignedOut: true })
        {
            return new ProblemPage(problem);
        }

        if (!(await api.TwoFactorAsync(cancellationToken)).Succeeded(out var factors, out var outage))
        {
            return new ProblemPage(problem ?? outage);
        }

        if (problem is { Slug: "two-factor-required" })
        {
            problem = factors.Methods.Contains("totp")
                ? ApiProblem.OfField(problem.Status, problem.Slug, "code", texts["confirm.needsCode"])
                : ApiProblem.OfField(problem.Status, problem.Slug, "recoveryCode", texts["confirm.needsRecoveryCode"]);
        }

        using var options = factors.Passkeys > 0 ? (await api.PasskeyOptionsAsync(cancellationToken)).Value : null;
        return new RazorComponentResult<ConfirmPage>(new
        {
            Form = form,
            Factors = factors,
            PasskeyOptions = options?.RootElement.GetRawText(),
            Problem = problem,
        })
        { StatusCode = problem?.Status };
    }

    /// <summary>The page of the form, for cancelling.</summary>
    private static string CameFrom(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Referer, UriKind.Absolute, out var from) && from.Authority == request.Host.Value ? from.PathAndQuery : ReturnUrl.Default;

    /// <summary>Every field of type password.</summary>
    public static bool IsSecret(string field) =>
        field.Contains("password", StringComparison.OrdinalIgnoreCase) || field.Contains("secret", StringComparison.OrdinalIgnoreCase);

    private static string Address(QueryString query, bool own) => Path + (own ? query.Add("own", "true") : query);

    private static string? Optional(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
