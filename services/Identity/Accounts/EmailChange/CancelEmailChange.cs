using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.EmailChange;

public static class CancelEmailChange
{
    public sealed record Request
    {
        /// <summary>From the link in the email to the old or the new address.</summary>
        public required string Token { get; init; }
    }

    /// <summary>Either address can cancel until both have confirmed.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
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
        if (!await changes.CancelAsync(work, hash, cancellationToken))
        {
            return Problems.TokenInvalid.Result();
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
