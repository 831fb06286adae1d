using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Account;

/// <summary>Signing in with a passkey alone. The page's script requests the options and posts the passkey's response.</summary>
public static class PasskeySignIn
{
    public static void Map(IEndpointRouteBuilder account)
    {
        account.MapPost("/signin/passkey/options", OptionsAsync);
        account.MapPost("/signin/passkey", SignInAsync);
    }

    public sealed class PasskeyForm
    {
        public string? Credential { get; init; }

        public string? ReturnUrl { get; init; }

        public string? Url { get; init; }
    }

    public static async Task<Results<ContentHttpResult, StatusCodeHttpResult>> OptionsAsync(
        HttpContext context, LinkShortApi api, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        var asked = await api.PasskeyOptionsAsync(cancellationToken);
        if (!asked.Succeeded(out var options, out var problem))
        {
            return TypedResults.StatusCode(problem.Status);
        }

        using (options)
        {
            return TypedResults.Text(options.RootElement.GetRawText(), "application/json");
        }
    }

    public static async Task<Results<Redirect, RazorComponentResult<SignInPage>>> SignInAsync(
        [FromForm] PasskeyForm form, HttpContext context, LinkShortApi api, SignIns signIns, Flash flash, CancellationToken cancellationToken)
    {
        var login = SecondStep.CredentialOf(form.Credential) is { } credential
            ? await api.LoginWithPasskeyAsync(credential, cancellationToken)
            : new ApiProblem(StatusCodes.Status400BadRequest, "invalid-passkey", null, null, new Dictionary<string, string[]>());
        if (login.Succeeded(out var tokens, out var problem))
        {
            await signIns.StartAsync(context, tokens, null, cancellationToken);
            return await AccountEndpoints.GoOnAsync(form.Url, form.ReturnUrl, api, flash, null, cancellationToken);
        }

        var back = new AccountEndpoints.AccountForm { ReturnUrl = form.ReturnUrl, Url = form.Url };
        return new RazorComponentResult<SignInPage>(new { Form = back, Problem = problem }) { StatusCode = problem.Status };
    }
}
