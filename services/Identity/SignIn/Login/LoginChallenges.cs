using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>
/// Between the right password and the second factor: 256 random bits prove that the user's password was right within the last five
/// minutes. Only the hash is stored; a changed password invalidates it.
/// </summary>
public sealed class LoginChallenges(Database database, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private const int MaxTries = 5;

    /// <param name="signIn">The first proof, and where the session starts.</param>
    /// <param name="passkeyState">The state of the passkey challenge; null for a user without passkeys.</param>
    public async Task<string> CreateAsync(UnitOfWork work, ProvenSignIn signIn, string? passkeyState, CancellationToken cancellationToken)
    {
        var token = OneTimeSecret.Create();
        var now = time.GetUtcNow();
        await work.ExecuteAsync(
            """
            delete from login_challenges where expires_at < @now;
            insert into login_challenges (token_hash, user_id, security_stamp, passkey_state, created_at, expires_at, tries, methods, sso_provider, workspace_id)
            select @Hash, id, security_stamp, @passkeyState, @now, @ExpiresAt, 0, @Methods, @SsoProvider, @WorkspaceId from users where id = @UserId;
            """,
            new
            {
                Hash = token.Hash(), signIn.UserId, passkeyState, now, ExpiresAt = now + Lifetime,
                Methods = signIn.Proof.Methods.ToArray(), signIn.Proof.SsoProvider, signIn.WorkspaceId,
            },
            cancellationToken);
        return token.Value;
    }

    /// <returns>Null for a challenge that is unknown, expired, used or out of tries.</returns>
    public async Task<LoginChallenge?> FindAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<LoginChallenge>(
            """
            select user_id, passkey_state, methods, sso_provider, workspace_id from login_challenges
            where token_hash = @tokenHash and used_at is null and expires_at > @Now and tries < @MaxTries
            """,
            new { tokenHash, Now = time.GetUtcNow(), MaxTries }, cancellationToken);
    }

    /// <summary>Counts a try before it is checked, so that at most five are, even concurrently.</summary>
    public async Task<bool> CountTryAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteAsync(
            """
            update login_challenges set tries = tries + 1
            where token_hash = @tokenHash and used_at is null and expires_at > @Now and tries < @MaxTries
            """,
            new { tokenHash, Now = time.GetUtcNow(), MaxTries }, cancellationToken) == 1;
    }

    /// <summary>Uses the challenge up, if the transaction commits. One of two concurrent uses wins.</summary>
    public async Task<bool> UseAsync(UnitOfWork work, byte[] tokenHash, CancellationToken cancellationToken)
    {
        return await work.ExecuteAsync(
            """
            update login_challenges c set used_at = @Now
            from users u
            where c.token_hash = @tokenHash and c.used_at is null and c.expires_at > @Now
              and u.id = c.user_id and u.security_stamp = c.security_stamp
            """,
            new { tokenHash, Now = time.GetUtcNow() }, cancellationToken) == 1;
    }
}

/// <summary>A sign-in that waits for its second factor.</summary>
public sealed record LoginChallenge
{
    public Guid UserId { get; init; }

    public string? PasskeyState { get; init; }

    /// <summary>The methods of the first proof.</summary>
    public required string[] Methods { get; init; }

    /// <summary>The provider of the first proof; null for a password.</summary>
    public string? SsoProvider { get; init; }

    /// <summary>Where the session starts; null for the user's own workspace.</summary>
    public Guid? WorkspaceId { get; init; }
}
