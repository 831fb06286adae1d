using LinkShort.Web.Account;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Security;

/// <summary>The account's passkeys: add, rename, remove.</summary>
public static class PasskeyEndpoints
{
    public static void Map(IEndpointRouteBuilder security)
    {
        var passkeys = security.MapGroup("/passkeys");
        passkeys.MapGet("/new", ShowNewAsync);
        passkeys.MapPost("/new", AddAsync);
        passkeys.MapGet("/{id:guid}", ShowAsync);
        passkeys.MapPost("/{id:guid}", RenameAsync);
        passkeys.MapGet("/{id:guid}/remove", AskToRemoveAsync);
        passkeys.MapPost("/{id:guid}/remove", RemoveAsync);
    }

    public sealed class PasskeyForm
    {
        public string? Name { get; init; }

        /// <summary>The device's response: PublicKeyCredential.toJSON().</summary>
        public string? Credential { get; init; }

        public string? ReturnUrl { get; init; }
    }

    public static async Task<Results<RazorComponentResult<NewPasskeyPage>, ProblemPage>> ShowNewAsync(
        string? returnUrl, LinkShortApi api, CancellationToken cancellationToken) =>
        await NewPageAsync(new PasskeyForm { ReturnUrl = returnUrl }, null, api, cancellationToken);

    public static async Task<Results<Redirect, RazorComponentResult<NewPasskeyPage>, ProblemPage>> AddAsync(
        [FromForm] PasskeyForm form, LinkShortApi api, SessionRenewal renewal, Flash flash, CancellationToken cancellationToken)
    {
        var added = SecondStep.CredentialOf(form.Credential) is { } credential
            ? await api.AddPasskeyAsync(credential, form.Name?.Trim() ?? "", cancellationToken)
            : new ApiProblem(StatusCodes.Status400BadRequest, "invalid-passkey", null, null, new Dictionary<string, string[]>());
        if (!added.Succeeded(out var passkey, out var problem))
        {
            var page = await NewPageAsync(form, problem, api, cancellationToken);
            return page.Result is RazorComponentResult<NewPasskeyPage> shown ? shown : (ProblemPage)page.Result;
        }

        if (passkey.RecoveryCodes is { } codes)
        {
            return await TwoFactorEndpoints.ShowOnceAsync(codes, form.ReturnUrl, renewal, flash, cancellationToken);
        }

        await renewal.RenewNowAsync(cancellationToken);
        flash.Say("security.passkeyAdded", ("name", passkey.Name));
        return Redirect.To(ReturnUrl.Checked(form.ReturnUrl is { Length: > 0 } back ? back : SecurityEndpoints.Path));
    }

    public static async Task<Results<RazorComponentResult<PasskeyPage>, ProblemPage>> ShowAsync(Guid id, LinkShortApi api, CancellationToken cancellationToken) =>
        (await FindAsync(id, api, cancellationToken)).Succeeded(out var passkey, out var problem)
            ? new RazorComponentResult<PasskeyPage>(new { Id = id, passkey.Name })
            : new ProblemPage(problem);

    public static async Task<Results<Redirect, RazorComponentResult<PasskeyPage>, ProblemPage>> RenameAsync(
        Guid id, [FromForm] PasskeyForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var renamed = await api.RenamePasskeyAsync(id, form.Name?.Trim() ?? "", cancellationToken);
        if (!renamed.Succeeded(out _, out var problem))
        {
            return problem.LeadsElsewhere || problem.Status == StatusCodes.Status404NotFound
                ? new ProblemPage(problem)
                : new RazorComponentResult<PasskeyPage>(new { Id = id, Name = form.Name ?? "", Problem = problem }) { StatusCode = problem.Status };
        }

        flash.Say("security.passkeyRenamed");
        return Redirect.To(SecurityEndpoints.Path);
    }

    public static async Task<Results<RazorComponentResult<RemovePasskeyPage>, ProblemPage>> AskToRemoveAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken) =>
        (await FindAsync(id, api, cancellationToken)).Succeeded(out var passkey, out var problem)
            ? new RazorComponentResult<RemovePasskeyPage>(new { Passkey = passkey })
            : new ProblemPage(problem);

    public static async Task<Results<Redirect, ProblemPage>> RemoveAsync(
        Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
        SecurityEndpoints.Back(await api.RemovePasskeyAsync(id, cancellationToken), flash, "security.passkeyRemoved");

    private static async Task<Results<RazorComponentResult<NewPasskeyPage>, ProblemPage>> NewPageAsync(
        PasskeyForm form, ApiProblem? problem, LinkShortApi api, CancellationToken cancellationToken)
    {
        if (problem is { LeadsElsewhere: true })
        {
            return new ProblemPage(problem);
        }

        if (!(await api.NewPasskeyOptionsAsync(cancellationToken)).Succeeded(out var options, out var refusal))
        {
            return new ProblemPage(refusal);
        }

        using (options)
        {
            return new RazorComponentResult<NewPasskeyPage>(new { Form = form, Options = options.RootElement.GetRawText(), Problem = problem }) { StatusCode = problem?.Status };
        }
    }

    private static async Task<ApiResult<Passkey>> FindAsync(Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var listed = await api.PasskeysAsync(cancellationToken);
        return !listed.Succeeded(out var page, out var problem) ? problem
            : page.Items.FirstOrDefault(passkey => passkey.Id == id) is { } found ? found
            : new ApiProblem(StatusCodes.Status404NotFound, "not-found", null, null, new Dictionary<string, string[]>());
    }
}
