using System.Text.Json;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Account;

/// <summary>The second factor after the password: a code, a recovery code or a passkey. The challenge is kept on the server.</summary>
public static class SecondStep
{
    public const string Path = "/app/signin/verify";

    public static void Map(IEndpointRouteBuilder account)
    {
        account.MapGet("/signin/verify", ShowAsync);
        account.MapPost("/signin/verify", ProveAsync);
    }

    public sealed class FactorForm
    {
        public string? Code { get; init; }

        public string? RecoveryCode { get; init; }

        /// <summary>The passkey's response: PublicKeyCredential.toJSON().</summary>
        public string? Credential { get; init; }

        public bool Remember { get; init; }
    }

    public static async Task<Results<Redirect, RazorComponentResult<SecondStepPage>>> ShowAsync(
        HttpContext context, SealedNotes notes, Flash flash) =>
        await PendingCookie.FindAsync(context, notes) is { } pending
            ? new RazorComponentResult<SecondStepPage>(new { Pending = pending, Form = new FactorForm() })
            : Again(flash);

    public static async Task<Results<Redirect, RazorComponentResult<SecondStepPage>>> ProveAsync(
        [FromForm] FactorForm form, HttpContext context, LinkShortApi api, SignIns signIns, SealedNotes notes, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        if (await PendingCookie.FindAsync(context, notes) is not { } pending)
        {
            return Again(flash);
        }

        var answer = Answer(form, pending.Challenge);
        var login = answer is null
            ? ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "code", texts["account.enterCode"])
            : await api.LoginWithFactorAsync(answer, cancellationToken);
        if (login.Succeeded(out var tokens, out var problem))
        {
            await PendingCookie.EndAsync(context, notes);
            if (tokens.DeviceToken is { } device)
            {
                DeviceCookie.Write(context, pending.Email, device);
            }

            await signIns.StartAsync(context, tokens, pending.Email, cancellationToken);
            return await AccountEndpoints.GoOnAsync(pending.Url, pending.ReturnUrl, api, flash, null, cancellationToken);
        }

        if (problem.Slug == "invalid-challenge")
        {
            await PendingCookie.EndAsync(context, notes);
            return Again(flash);
        }

        problem = problem.Slug == "invalid-code" ? WrongCode(problem, form.RecoveryCode is { Length: > 0 } ? "recoveryCode" : "code", texts) : problem;
        return new RazorComponentResult<SecondStepPage>(new { Pending = pending, Form = form, Problem = problem }) { StatusCode = problem.Status };
    }

    /// <summary>Shows the error at the field that was filled in.</summary>
    internal static ApiProblem WrongCode(ApiProblem problem, string field, Texts texts) =>
        ApiProblem.OfField(problem.Status, problem.Slug, field, texts[field == "code" ? "problems.invalid-code" : "account.wrongRecoveryCode"]);

    /// <summary>The passkey's response as posted by the script; null if it is invalid.</summary>
    internal static JsonElement? CredentialOf(string? posted)
    {
        if (string.IsNullOrWhiteSpace(posted))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(posted);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FactorAnswer? Answer(FactorForm form, string challenge) => form switch
    {
        { Credential.Length: > 0 } => CredentialOf(form.Credential) is { } credential ? new(challenge, form.Remember, null, null, credential) : null,
        { RecoveryCode.Length: > 0 } => new(challenge, form.Remember, null, form.RecoveryCode.Trim(), null),
        { Code.Length: > 0 } => new(challenge, form.Remember, form.Code.Trim(), null, null),
        _ => null,
    };

    private static Redirect Again(Flash flash)
    {
        flash.Warn("account.tooLate");
        return Redirect.To("/app/signin");
    }
}
