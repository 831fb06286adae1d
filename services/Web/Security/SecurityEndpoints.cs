using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Security;

/// <summary>The account's security: overview, password, email address, remembered devices and sessions.</summary>
public static class SecurityEndpoints
{
    public const string Path = "/app/security";

    public static void MapSecurity(this IEndpointRouteBuilder routes)
    {
        var security = routes.MapGroup(Path).RequireAuthorization();
        security.MapGet("/", ShowAsync);
        security.MapGet("/password", () => new RazorComponentResult<PasswordPage>());
        security.MapPost("/password", ChangePasswordAsync);
        security.MapGet("/email", () => new RazorComponentResult<EmailPage>(new { Form = new EmailForm() }));
        security.MapPost("/email", ChangeEmailAsync);
        security.MapPost("/devices/{id:guid}/forget", ForgetDeviceAsync);
        security.MapPost("/sessions/{id:guid}/end", EndSessionAsync);
        security.MapPost("/sessions/end-others", EndOtherSessionsAsync);
        TwoFactorEndpoints.Map(security);
        PasskeyEndpoints.Map(security);
    }

    public sealed class PasswordForm
    {
        public string? CurrentPassword { get; init; }

        public string? NewPassword { get; init; }
    }

    public sealed class EmailForm
    {
        public string? Email { get; init; }
    }

    public static async Task<Results<RazorComponentResult<SecurityPage>, ProblemPage>> ShowAsync(LinkShortApi api, CancellationToken cancellationToken)
    {
        var (factors, passkeys, devices, signIns) = (
            api.TwoFactorAsync(cancellationToken), api.PasskeysAsync(cancellationToken), api.TrustedDevicesAsync(cancellationToken), api.SignInsAsync(cancellationToken));
        await Task.WhenAll(factors, passkeys, devices, signIns);
        var problem = (await factors).Problem ?? (await passkeys).Problem ?? (await devices).Problem ?? (await signIns).Problem;
        return problem is not null
            ? new ProblemPage(problem)
            : new RazorComponentResult<SecurityPage>(new
            {
                Factors = (await factors).Value!,
                Passkeys = (await passkeys).Value!.Items,
                Devices = (await devices).Value!.Items,
                SignIns = (await signIns).Value!.Items,
            });
    }

    public static async Task<Results<Redirect, RazorComponentResult<PasswordPage>, ProblemPage>> ChangePasswordAsync(
        [FromForm] PasswordForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var changed = await api.ChangePasswordAsync(form.CurrentPassword ?? "", form.NewPassword ?? "", cancellationToken);
        if (!changed.Succeeded(out _, out var problem))
        {
            return problem.LeadsElsewhere ? new ProblemPage(problem) : new RazorComponentResult<PasswordPage>(new { Problem = problem }) { StatusCode = problem.Status };
        }

        flash.Say("security.passwordChanged");
        return Redirect.To(Path);
    }

    public static async Task<Results<Redirect, RazorComponentResult<EmailPage>, ProblemPage>> ChangeEmailAsync(
        [FromForm] EmailForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var email = form.Email?.Trim() ?? "";
        var asked = await api.ChangeEmailAsync(email, cancellationToken);
        if (!asked.Succeeded(out _, out var problem))
        {
            return problem.LeadsElsewhere ? new ProblemPage(problem) : new RazorComponentResult<EmailPage>(new { Form = form, Problem = problem }) { StatusCode = problem.Status };
        }

        flash.Say("security.emailAsked", ("email", email));
        return Redirect.To(Path);
    }

    public static async Task<Results<Redirect, ProblemPage>> ForgetDeviceAsync(
        Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
        Back(await api.ForgetDeviceAsync(id, cancellationToken), flash, "security.deviceForgotten");

    public static async Task<Results<Redirect, ProblemPage>> EndSessionAsync(
        Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
        Back(await api.EndSignInAsync(id, cancellationToken), flash, "security.sessionEnded");

    public static async Task<Results<Redirect, ProblemPage>> EndOtherSessionsAsync(
        LinkShortApi api, Flash flash, CancellationToken cancellationToken) =>
        Back(await api.EndOtherSignInsAsync(cancellationToken), flash, "security.othersEnded");

    /// <summary>Already removed: the goal is reached.</summary>
    /// <param name="done">The key of a text.</param>
    internal static Results<Redirect, ProblemPage> Back(ApiResult<Done> result, Flash flash, string done)
    {
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return new ProblemPage(problem);
        }

        flash.Say(done);
        return Redirect.To(Path);
    }
}
