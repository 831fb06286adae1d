using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.SupportAccess;

public sealed record SupportConsent(DateTimeOffset? AllowedUntil, IReadOnlyList<SupportView> Views);

public sealed record SupportView(DateTimeOffset StartedAt, DateTimeOffset EndedAt);

/// <summary>Whether operators may view the user's account.</summary>
public static class SupportAccessEndpoints
{
    public const string Path = "/app/support-access";

    public static void MapSupportAccess(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup(Path).RequireAuthorization();
        pages.MapGet("/", ShowAsync);
        pages.MapPost("/", GrantAsync);
        pages.MapPost("/withdraw", WithdrawAsync);
    }

    public sealed class GrantForm
    {
        public int Hours { get; init; }
    }

    public static async Task<Results<RazorComponentResult<SupportAccessPage>, ProblemPage>> ShowAsync(LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.SupportAccessAsync(cancellationToken)).Succeeded(out var consent, out var problem)
            ? new RazorComponentResult<SupportAccessPage>(new { Consent = consent })
            : new ProblemPage(problem);

    public static async Task<Results<Redirect, ProblemPage>> GrantAsync(
        [FromForm] GrantForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.GrantSupportAccessAsync(form.Hours, cancellationToken)).Problem is { } problem)
        {
            return new ProblemPage(problem);
        }

        flash.Say("supportAccess.granted");
        return Redirect.To(Path);
    }

    public static async Task<Results<Redirect, ProblemPage>> WithdrawAsync(LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.WithdrawSupportAccessAsync(cancellationToken)).Problem is { } problem)
        {
            return new ProblemPage(problem);
        }

        flash.Say("supportAccess.withdrawn");
        return Redirect.To(Path);
    }
}
