using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Subscriptions;

/// <summary>POST /api/v1/billing/subscription/cancel and /resume</summary>
public static class CancelSubscription
{
    private const int MaxComment = 1_000;

    /// <summary>Stripe's own reasons (cancellation_details.feedback), so that its reports have them too.</summary>
    private static readonly string[] Reasons =
        ["customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex", "too_expensive", "unused"];

    public sealed record Request
    {
        /// <summary>customer_service, low_quality, missing_features, other, switched_service, too_complex, too_expensive or unused.</summary>
        public required string Reason { get; init; }

        /// <summary>At most 1,000 characters.</summary>
        public string? Comment { get; init; }
    }

    public static async Task<Results<Ok<GetSubscription.Response>, ProblemHttpResult>> CancelAsync(
        Request body, CurrentWorkspace workspace, SubscriptionChanges changes, GetSubscription.Reader reader, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (!Reasons.Contains(body.Reason))
        {
            errors.Add("reason", FieldRules.OneOf(Reasons));
        }

        if (body.Comment is { } comment && (comment.Length > MaxComment || comment.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t'))))
        {
            errors.Add("comment", FieldRules.MaxPrintable(MaxComment));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        return await changes.CancelAsync(workspace.Id, Check, body.Reason, body.Comment, cancellationToken) is { } refusal
            ? refusal
            : TypedResults.Ok((await reader.ReadAsync(workspace.Id, showsPayment: true, cancellationToken))!);
    }

    public static async Task<Results<Ok<GetSubscription.Response>, ProblemHttpResult>> ResumeAsync(
        CurrentWorkspace workspace, SubscriptionChanges changes, GetSubscription.Reader reader, CancellationToken cancellationToken) =>
        await changes.ResumeAsync(workspace.Id, Check, cancellationToken) is { } refusal
            ? refusal
            : TypedResults.Ok((await reader.ReadAsync(workspace.Id, showsPayment: true, cancellationToken))!);

    private static ProblemHttpResult? Check(SubscriptionState? current) =>
        current is { IsEnded: false, Status: not "incomplete" } ? null : Problems.Conflict.Result(BillingTexts.Of("billing.noSubscription"));
}
