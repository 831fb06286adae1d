using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
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
        Request body, CurrentWorkspace workspace, SubscriptionChanges changes, GetSubscription.Reader reader, Database database, CancellationToken cancellationToken)
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

        if (await FindAsync(workspace.Id, database, cancellationToken) is not { } current)
        {
            return Problems.Conflict.Result(BillingTexts.Of("billing.noSubscription"));
        }

        // Repeated, it changes nothing.
        if (current.CancelAt is null)
        {
            await changes.CancelAsync(workspace.Id, current, body.Reason, body.Comment, cancellationToken);
        }

        return TypedResults.Ok((await reader.ReadAsync(workspace.Id, cancellationToken))!);
    }

    public static async Task<Results<Ok<GetSubscription.Response>, ProblemHttpResult>> ResumeAsync(
        CurrentWorkspace workspace, SubscriptionChanges changes, GetSubscription.Reader reader, Database database, CancellationToken cancellationToken)
    {
        if (await FindAsync(workspace.Id, database, cancellationToken) is not { } current)
        {
            return Problems.Conflict.Result(BillingTexts.Of("billing.noSubscription"));
        }

        if (current.CancelAt is not null || current.ScheduleId is not null)
        {
            await changes.ResumeAsync(workspace.Id, current, cancellationToken);
        }

        return TypedResults.Ok((await reader.ReadAsync(workspace.Id, cancellationToken))!);
    }

    private static async Task<SubscriptionState?> FindAsync(Guid workspaceId, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await SubscriptionStore.CurrentAsync(connection, workspaceId, cancellationToken) is { IsEnded: false, Status: not "incomplete" } current ? current : null;
    }
}
