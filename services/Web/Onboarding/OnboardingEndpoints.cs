using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Onboarding;

/// <summary>Dismisses the tour of a new account.</summary>
public static class OnboardingEndpoints
{
    public static void MapOnboarding(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/app/tour/dismiss", DismissAsync).RequireAuthorization();

    public sealed class DismissForm
    {
        public string? ReturnUrl { get; init; }
    }

    public static async Task<Results<Redirect, ProblemPage>> DismissAsync(
        [FromForm] DismissForm form, TourProgress tour, Flash flash, CancellationToken cancellationToken)
    {
        if (await tour.EndAsync(TourProgress.Dismissed, cancellationToken) is { } problem)
        {
            if (problem.LeadsElsewhere)
            {
                return new ProblemPage(problem);
            }

            flash.Warn(problem);
        }

        return Redirect.To(ReturnUrl.Checked(form.ReturnUrl));
    }
}
