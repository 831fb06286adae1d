using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.EmailChange;

public static class ConfirmEmailChange
{
    public sealed record Request
    {
        /// <summary>From the link in the email to the old or the new address.</summary>
        public required string Token { get; init; }
    }

    /// <param name="Changed">False while the other address hasn't confirmed.</param>
    public sealed record Response(bool Changed);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, EmailChanges changes, Database database, CancellationToken cancellationToken)
    {
        if (body.Token.Length == 0)
        {
            return ValidationErrors.Of("token", FieldRules.Required);
        }

        if (!OneTimeSecret.TryHash(body.Token, out var hash))
        {
            return Problems.TokenInvalid.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var outcome = await changes.ConfirmAsync(work, hash, cancellationToken);
        if (outcome == EmailChangeOutcome.Unknown)
        {
            return Problems.TokenInvalid.Result();
        }

        await work.CommitAsync(cancellationToken);
        return outcome == EmailChangeOutcome.Taken ? Problems.EmailTaken.Result() : TypedResults.Ok(new Response(outcome == EmailChangeOutcome.Changed));
    }
}
