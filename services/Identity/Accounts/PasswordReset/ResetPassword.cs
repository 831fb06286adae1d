using LinkShort.Contracts;
using LinkShort.Identity.Accounts.PasswordChange;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Accounts.PasswordReset;

public static class ResetPassword
{
    public sealed record Request
    {
        /// <summary>From the link in the email.</summary>
        public required string Token { get; init; }

        public required string Password { get; init; }
    }

    /// <summary>
    /// Sets a new password and ends every session, so that the old password gives no access. The token is used up only by an acceptable
    /// password. Second factors remain, and the next sign-in asks for one.
    /// </summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body, UserManager<User> users, Database database, PasswordChanges changes, LoginAttempts attempts, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Token.Length == 0)
        {
            errors.Add("token", FieldRules.Required);
        }

        Password.CheckForm(body.Password, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var now = time.GetUtcNow();
        if (!OneTimeSecret.TryHash(body.Token, out var hash) || await FindAsync(database, hash, now, cancellationToken) is not { } owner)
        {
            return Problems.TokenInvalid.Result();
        }

        foreach (var message in await Password.ProblemsAsync(users, new User { Email = owner.Email }, body.Password))
        {
            errors.Add("password", message);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        // Before the transaction: hashing is slow by design.
        var passwordHash = users.PasswordHasher.HashPassword(new User(), PasswordText.Compose(body.Password));
        await using var work = await database.BeginAsync(cancellationToken);
        if (!await UseAsync(work, hash, now, cancellationToken))
        {
            return Problems.TokenInvalid.Result();
        }

        await changes.ResetAsync(work, owner.UserId, passwordHash, cancellationToken);
        await attempts.ClearAsync(work, owner.NormalizedEmail, context, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Owner?> FindAsync(Database database, byte[] hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Owner>(
            """
            select u.id as user_id, u.email, u.normalized_email
            from password_resets r join users u on u.id = r.user_id and u.normalized_email = r.normalized_email
            where r.token_hash = @hash and r.used_at is null and r.expires_at > @now
            """,
            new { hash, now }, cancellationToken);
    }

    private static async Task<bool> UseAsync(UnitOfWork work, byte[] hash, DateTimeOffset now, CancellationToken cancellationToken) =>
        await work.ExecuteAsync(
            """
            update password_resets r set used_at = @now
            from users u
            where r.token_hash = @hash and r.used_at is null and r.expires_at > @now and u.id = r.user_id and u.normalized_email = r.normalized_email
            """,
            new { hash, now }, cancellationToken) > 0;

    private sealed record Owner(Guid UserId, string Email, string NormalizedEmail);
}
