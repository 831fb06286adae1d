using LinkShort.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Redirect.Rules;

/// <summary>
/// POST /internal/evaluate: where a link leads a described visitor, decided by the same code as a visit. For links, which validates the draft and
/// knows the caller's workspace.
/// </summary>
public static class EvaluateLink
{
    public static Ok<EvaluationResponse> Handle(EvaluationRequest body, VisitReader visits)
    {
        var route = new Route(Guid.Empty, Guid.Empty, body.Destination, StatusCodes.Status302Found, body.ActiveFrom, body.ExpiresAt, Archived: false, body.Behavior);
        var visit = visits.Describe(body.Visitor);
        return TypedResults.Ok(new EvaluationResponse(
            [.. route.Plan!.To.Draws.Select(each => Outcome(route, visit, body.At, each.Draw, each.Share)).GroupBy(outcome => outcome with { Share = 0 })
                .Select(same => same.Key with { Share = same.Sum(outcome => outcome.Share) })]));
    }

    private static EvaluationOutcome Outcome(Route route, Visit visit, DateTimeOffset at, ulong draw, double share)
    {
        var behavior = route.Behavior!;
        // The click limit and the password depend on earlier visits and on what the visitor types.
        var verdict = Evaluation.Decide(route, visit, new Gates(IsUsedUp: false, IsLocked: false), at, draw);
        var isFollowed = verdict.Step is Step.Redirect or Step.Preview;
        return new EvaluationOutcome(
            verdict.Step switch { Step.Redirect => "redirect", Step.Preview => "preview", Step.Expired => "expired", _ => "notYet" },
            DecidedBy(route.Plan!, visit, verdict),
            verdict.Rule,
            verdict.Variant,
            share,
            isFollowed ? verdict.To!.LocationWith(behavior.ForwardQuery, visit.Query) : verdict.To?.Location,
            isFollowed && behavior.PasswordHash is not null);
    }

    private static string DecidedBy(Plan plan, Visit visit, Verdict verdict) => verdict switch
    {
        { Step: not (Step.Redirect or Step.Preview) } => "schedule",
        { To: { } to } when ReferenceEquals(to, Evaluation.DeepLinkOf(plan, visit)) => "deepLink",
        { Rule: not null } => "rule",
        { Variant: not null } when !ReferenceEquals(verdict.To, plan.To.Destination) => "variant",
        _ => "destination",
    };
}
