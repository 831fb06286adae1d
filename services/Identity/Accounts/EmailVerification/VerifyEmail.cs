using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.EmailVerification;

public static class VerifyEmail
{
    public sealed record Request
    {
        /// <summary>From the link in the email.</summary>
        public required string Token { get; init; }
    }

    /// <summary>The token is valid for the address that it was sent to, not after the account's address has changed.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body, Database database, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
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
        var userId = await work.ExecuteScalarAsync<Guid?>(
            """
            with used as (
                update email_verifications set used_at = @Now
                where token_hash = @hash and used_at is null and expires_at > @Now
                returning user_id, normalized_email)
            update users u set
                email_confirmed = true, updated_at = @Now, version = version + 1, concurrency_stamp = gen_random_uuid()::text
            from used
            where u.id = used.user_id and u.normalized_email = used.normalized_email
            returning u.id
            """,
            new { hash, Now = time.GetUtcNow() }, cancellationToken);
        if (userId is not { } id)
        {
            return Problems.TokenInvalid.Result();
        }

        work.Publish(audit.Entry("email.verified", "user", id, actor: id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
