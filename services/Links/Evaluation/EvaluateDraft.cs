using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.Evaluation;

/// <summary>POST /api/v1/links/evaluate</summary>
public static class EvaluateDraft
{
    public const string Description =
        "Decided by the evaluator that answers visitors. Nothing is saved, and the link may be one that doesn't exist. With variants there is one outcome for each, with its share. "
        + "The click limit doesn't count here, and a password only marks the outcome. Errors name the link's fields as when it is created. "
        + "503 if the evaluator is unavailable. Limited to as many requests as other calls, counted separately.";

    /// <summary>The fields of a link that decide where it leads.</summary>
    public sealed record Draft : BehaviorFields
    {
        public string? Url { get; init => field = Given(value); }

        public DateTimeOffset? ActiveFrom { get; init => field = Given(value); }

        public DateTimeOffset? ExpiresAt { get; init => field = Given(value); }
    }

    /// <param name="Link">A draft.</param>
    /// <param name="Visitor">Left out: nothing is known about the visitor.</param>
    /// <param name="At">The time of the visit. Default: now.</param>
    public sealed record Request(Draft? Link, DescribedVisitor? Visitor = null, DateTimeOffset? At = null);

    public static async Task<Results<Ok<EvaluationResponse>, ProblemHttpResult>> HandleAsync(
        Request body, DestinationPolicy destinations, BehaviorInput behavior, RedirectClient redirect, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Link is not { } draft)
        {
            return ValidationErrors.Of("link", FieldRules.Required);
        }

        var question = new EvaluationRequest(
            LinkInput.Destination("url", draft.Url, destinations, errors),
            LinkInput.Time("activeFrom", draft.ActiveFrom, errors),
            LinkInput.Time("expiresAt", draft.ExpiresAt, errors),
            behavior.Draft(draft, errors),
            new VisitorInput(errors).Read(body.Visitor ?? new DescribedVisitor()),
            LinkInput.Time("at", body.At, errors) ?? time.GetUtcNow());
        LinkInput.Window(question.ActiveFrom, question.ExpiresAt, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        return await redirect.EvaluateAsync(question, cancellationToken) is { } answer
            ? TypedResults.Ok(answer)
            : Problems.Unavailable.Result(LinksTexts.Of("evaluation.away"));
    }
}
