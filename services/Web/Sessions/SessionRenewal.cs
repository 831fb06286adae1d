using LinkShort.Web.Api;

namespace LinkShort.Web.Sessions;

/// <summary>
/// Renews access tokens before they expire. A refresh token works once, and using it twice revokes the whole family,
/// so only one request of a session, across all replicas, may renew; the others wait for its result.
/// </summary>
public sealed partial class SessionRenewal(
    SessionStore sessions, LinkShortApi api, CurrentSession current, TimeProvider time, ILogger<SessionRenewal> logger)
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    /// <summary>A null session is no longer valid. Not reached: the API is unavailable and the old token has expired.</summary>
    public readonly record struct Outcome(WebSession? Session, bool Reached = true);

    public Task<Outcome> EnsureFreshAsync(string id, WebSession session, CancellationToken cancellationToken) =>
        RenewUntilAsync(id, session, IsFresh, cancellationToken);

    /// <summary>
    /// For a token that the API refused before it expired: the user's role or the workspace has changed, and the next token reflects that.
    /// If the API is unreachable, the outcome contains the refused token again.
    /// </summary>
    public Task<Outcome> ReplaceRefusedAsync(string id, WebSession refused, CancellationToken cancellationToken)
    {
        return RenewUntilAsync(id, refused, session => session.AccessToken != refused.AccessToken, cancellationToken);
    }

    /// <summary>
    /// Exchanges the session's tokens for others (those of another workspace, or those after a confirmed identity) while no other request
    /// renews them, because it uses up the refresh token.
    /// </summary>
    /// <param name="ask">The call, which is repeated if the first token is refused.</param>
    public async Task<ApiResult<WebSession>> ExchangeAsync(
        string id, Func<CancellationToken, Task<ApiResult<Tokens>>> ask, CancellationToken cancellationToken)
    {
        await using var exchanging = await LockAsync(id, cancellationToken);
        // Not cancelled with the request: an exchange must not be interrupted halfway.
        return exchanging is null ? ApiProblem.Unreachable : await ExchangeLockedAsync(id, ask, CancellationToken.None);
    }

    /// <summary>Gets tokens that reflect a change (a confirmed second factor). If that fails, the next renewal brings them.</summary>
    public async Task RenewNowAsync(CancellationToken cancellationToken)
    {
        if (current is { Current: { } session, Id: { } id })
        {
            current.Current = (await ReplaceRefusedAsync(id, session, cancellationToken)).Session ?? session;
        }
    }

    /// <summary>Changes what the session stores besides its tokens, without losing tokens that are renewed concurrently.</summary>
    public async Task ChangeAsync(Func<WebSession, WebSession> change, CancellationToken cancellationToken)
    {
        if (current.Id is not { } id)
        {
            return;
        }

        await using var changing = await LockAsync(id, cancellationToken);
        if (changing is not null && await sessions.FindAsync(id) is { } stored)
        {
            var changed = change(stored);
            current.Current = await sessions.ReplaceAsync(id, changed) ? changed : current.Current;
        }
    }

    /// <returns>Null if the lock was held for too long.</returns>
    private async Task<IAsyncDisposable?> LockAsync(string id, CancellationToken cancellationToken)
    {
        var giveUpAt = time.GetUtcNow() + LockTimeout;
        while (true)
        {
            if (await sessions.TryLockAsync(id) is { } held)
            {
                return held;
            }

            if (time.GetUtcNow() > giveUpAt)
            {
                return null;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task<ApiResult<WebSession>> ExchangeLockedAsync(
        string id, Func<CancellationToken, Task<ApiResult<Tokens>>> ask, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(id) is not { } session)
        {
            return ApiProblem.SignedOut;
        }

        current.Current = session;
        current.IsExchanging = true;
        try
        {
            var answer = await ask(cancellationToken);
            if (answer.Problem?.IsTokenRefused == true)
            {
                var (renewed, _) = await RenewAsync(id, session, cancellationToken);
                if (renewed is null || renewed.AccessToken == session.AccessToken)
                {
                    return renewed is null ? ApiProblem.SignedOut : ApiProblem.Unreachable;
                }

                current.Current = session = renewed;
                answer = await ask(cancellationToken);
            }

            if (!answer.Succeeded(out var tokens, out var problem))
            {
                return problem;
            }

            session = WithTokens(session, tokens, time.GetUtcNow());
            if (!await sessions.ReplaceAsync(id, session))
            {
                return ApiProblem.SignedOut;
            }

            current.Current = session;
            return session;
        }
        finally
        {
            current.IsExchanging = false;
        }
    }

    private async Task<Outcome> RenewUntilAsync(string id, WebSession session, Func<WebSession, bool> isGood, CancellationToken cancellationToken)
    {
        var giveUpAt = time.GetUtcNow() + LockTimeout;
        var latest = session;
        while (!isGood(latest))
        {
            await using (var renewing = await sessions.TryLockAsync(id))
            {
                // Read again under the lock: its previous holder has probably renewed the tokens.
                if (await sessions.FindAsync(id) is not { } stored)
                {
                    return new Outcome(null);
                }

                latest = stored;
                if (renewing is not null && !isGood(latest))
                {
                    // Not cancelled with the request: a rotation must not be interrupted halfway.
                    return await RenewAsync(id, latest, CancellationToken.None);
                }
            }

            if (time.GetUtcNow() > giveUpAt)
            {
                return StillUsable(latest);
            }

            if (!isGood(latest))
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }

        return new Outcome(latest);
    }

    public static WebSession WithTokens(WebSession session, Tokens tokens, DateTimeOffset now) => session with
    {
        AccessToken = tokens.AccessToken,
        RefreshToken = tokens.RefreshToken,
        AccessTokenExpiresAt = now.AddSeconds(tokens.ExpiresIn),
    };

    private async Task<Outcome> RenewAsync(string id, WebSession session, CancellationToken cancellationToken)
    {
        var answer = await api.RefreshAsync(session.RefreshToken, cancellationToken);
        if (answer.Succeeded(out var tokens, out var problem))
        {
            var renewed = WithTokens(session, tokens, time.GetUtcNow());
            return new Outcome(await sessions.ReplaceAsync(id, renewed) ? renewed : null);
        }

        if (problem.Status is StatusCodes.Status400BadRequest or StatusCodes.Status401Unauthorized)
        {
            Log.Ended(logger, problem.Status);
            await sessions.EndAsync(id);
            return new Outcome(null);
        }

        return StillUsable(session);
    }

    private Outcome StillUsable(WebSession session) =>
        session.AccessTokenExpiresAt > time.GetUtcNow() ? new Outcome(session) : new Outcome(session, Reached: false);

    private bool IsFresh(WebSession session) => session.AccessTokenExpiresAt - Early > time.GetUtcNow();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A session has ended, because its refresh token was refused with {Status}.")]
        public static partial void Ended(ILogger logger, int status);
    }
}
