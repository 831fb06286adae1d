using System.Diagnostics;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.SignIn.Throttling;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using LinkShort.Visitors.Geography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>An attempt to sign in with a password, the same for addresses with and without an account.</summary>
/// <param name="Keys">The counters of a wrong password.</param>
/// <param name="Refusal">The response of a locked account, regardless of the password; null if it isn't locked.</param>
public sealed record LoginAttempt(HttpContext Context, IReadOnlyList<ThrottleKey> Keys, ProblemHttpResult? Refusal);

/// <summary>
/// Counts wrong passwords per account and place, per account over all unknown places, per address and per network. A stranger can
/// only lock an account for their own network. Places that the account was used from before have their own counters and no
/// others, so that a stranger can't lock the owner out.
/// </summary>
public sealed partial class LoginAttempts(
    Throttle throttle, ThrottlePolicies policies, Database database, Places places, LockoutNotices lockouts, IServiceScopeFactory scopes,
    IdentityMetrics metrics, ILogger<LoginAttempts> logger)
{
    public async Task<LoginAttempt> BeginAsync(EmailAddress email, HttpContext context, CancellationToken cancellationToken)
    {
        var origin = SessionOrigin.Of(context, places);
        await using var connection = await database.OpenAsync(cancellationToken);
        var known = await connection.ExecuteScalarAsync<bool>(
            """
            select exists (
                select from known_origins k join users u on u.id = k.user_id
                where u.normalized_email = @Normalized and k.network = @Network and k.browser = @Browser and k.os = @Os)
            """,
            new { email.Normalized, Network = origin.Network ?? "", Browser = origin.Browser ?? "", Os = origin.Os ?? "" }, cancellationToken);
        var keys = known
            ? [throttle.Key(policies.Lockout, email.Normalized, origin.Network ?? "", origin.Browser ?? "", origin.Os ?? "")]
            : StrangerKeys(email, origin, context);
        var refusal = await throttle.FindAsync(connection, keys, cancellationToken) is { } block ? Refuse(block, context) : null;
        return new LoginAttempt(context, keys, refusal);
    }

    /// <summary>Counts a wrong password.</summary>
    /// <param name="userId">Null without such an account.</param>
    /// <returns>The response.</returns>
    public async Task<ProblemHttpResult> FailAsync(LoginAttempt attempt, Guid? userId, CancellationToken cancellationToken)
    {
        var block = await throttle.CountAsync(attempt.Keys, cancellationToken);
        Log.Refused(
            logger, userId?.ToString() ?? "none", NetworkPrefix.Coarse(attempt.Context.Connection.RemoteIpAddress) ?? "unknown",
            block?.Policy.Name ?? "wrong password", Activity.Current?.TraceId.ToString() ?? "none");
        if (block is null)
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidCredentials.Result();
        }

        if (userId is { } id && !block.Refused && ThrottlePolicies.IsLockout(block.Policy))
        {
            await lockouts.NotifyOwnerAsync(id, block, cancellationToken);
        }

        return Refuse(block, attempt.Context);
    }

    /// <summary>
    /// Resets the count of wrong passwords after a right one. Locks the account's row until the transaction ends, so that a sign-in
    /// concurrent with a change of the password is either refused, or the change ends its session.
    /// </summary>
    /// <param name="user">As read when the password was checked.</param>
    /// <returns>The refusal, when the account was locked or its password changed during the check; otherwise null.</returns>
    public async Task<ProblemHttpResult?> SucceedAsync(
        UnitOfWork work, LoginAttempt attempt, User user, string password, CancellationToken cancellationToken)
    {
        if (await throttle.FindAsync(work.Connection, attempt.Keys, cancellationToken) is { } block)
        {
            return Refuse(block, attempt.Context);
        }

        var hash = await work.ExecuteScalarAsync<string?>(
            "select password_hash from users where id = @Id for share", new { user.Id }, cancellationToken);
        if (hash is null || (hash != user.PasswordHash && !Verify(user, hash, password)))
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidCredentials.Result();
        }

        // Only the account's own counters: other accounts' failures from the same address remain.
        await Throttle.ForgetAsync(work, [.. attempt.Keys.Where(key => key.Policy == policies.Lockout)], cancellationToken);
        return null;
    }

    /// <summary>Unlocks the account for the caller's place, after its owner was identified in another way.</summary>
    public async Task ClearAsync(UnitOfWork work, string normalizedEmail, HttpContext context, CancellationToken cancellationToken)
    {
        var origin = SessionOrigin.Of(context, places);
        await Throttle.ForgetAsync(
            work,
            [
                throttle.Key(policies.Lockout, normalizedEmail, origin.Network ?? ""),
                throttle.Key(policies.Lockout, normalizedEmail, origin.Network ?? "", origin.Browser ?? "", origin.Os ?? ""),
                throttle.Key(policies.AccountLockout, normalizedEmail),
            ],
            cancellationToken);
    }

    private List<ThrottleKey> StrangerKeys(EmailAddress email, SessionOrigin origin, HttpContext context)
    {
        List<ThrottleKey> keys =
        [
            throttle.Key(policies.Lockout, email.Normalized, origin.Network ?? ""),
            throttle.Key(policies.AccountLockout, email.Normalized),
        ];
        if (policies.AddressOf(context) is { } address)
        {
            keys.Add(throttle.Key(policies.FailuresPerAddress, address));
        }

        if (policies.NetworkOf(context) is { } network)
        {
            keys.Add(throttle.Key(policies.FailuresPerNetwork, network));
        }

        return keys;
    }

    private ProblemHttpResult Refuse(ThrottleBlock block, HttpContext context)
    {
        metrics.LoggedIn("locked_out");
        return throttle.Answer(block, context);
    }

    private bool Verify(User user, string hash, string password)
    {
        using var scope = scopes.CreateScope();
        return scope.ServiceProvider.GetRequiredService<IPasswordHasher<User>>().VerifyHashedPassword(user, hash, password) != PasswordVerificationResult.Failed;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Wrong password for account {Account} from network {Network}, counted as {Reason}, trace {TraceId}.")]
        public static partial void Refused(ILogger logger, string account, string network, string reason, string traceId);
    }
}
