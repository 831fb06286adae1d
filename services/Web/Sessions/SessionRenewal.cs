using LinkShort.Web.Api;

namespace LinkShort.Web.Sessions;

/// <summary>
/// Renews access tokens before they expire. A refresh token works once, and using it twice revokes the whole family,
/// so only one request of a session, on whichever replica, may renew; the others wait for what it got.
/// </summary>
public sealed partial class SessionRenewal(
    SessionStore sessions, LinkShortApi api, CurrentSession current, TimeProvider time, ILogger<SessionRenewal> logger)
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    /// <summary>Null session: it is over (revoked, expired, signed out elsewhere). Not reached: the API did not answer and the old token is no longer good.</summary>
    public readonly record struct Outcome(WebSession? Session, bool Reached = true);

    public Task<Outcome> EnsureFreshAsync(string id, WebSession session, CancellationToken cancellationToken) =>
        RenewUntilAsync(id, session, IsFresh, cancellationToken);

    /// <summary>
    /// After the API refused a token before its time: what its owner may do has changed (another role, a workspace that is going to be
    /// deleted), and the next token says so. The outcome has the refused token again when the API could not be reached.
    /// </summary>
    public Task<Outcome> ReplaceRefusedAsync(string id, WebSession refused, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(refused);
        return RenewUntilAsync(id, refused, session => session.AccessToken != refused.AccessToken, cancellationToken);
    }

    /// <summary>
    /// Lets the API exchange the session's tokens for others (those of another workspace, those after proving again who one is), while
    /// nobody else renews them: the refresh token from before is used up by it.
    /// </summary>
    /// <param name="ask">The call; it may be made twice, when the first one's token is refused.</param>
    public async Task<ApiResult<WebSession>> ExchangeAsync(
        string id, Func<CancellationToken, Task<ApiResult<Tokens>>> ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        await using var exchanging = await LockAsync(id, cancellationToken);
        // Not the request's token: a visitor who leaves must not interrupt an exchange half-way.
        return exchanging is null ? ApiProblem.Unreachable : await ExchangeLockedAsync(id, ask, CancellationToken.None);
    }

    /// <summary>Gets tokens that say what was just done (a second factor proved). When there are none now, the next renewal brings them.</summary>
    public async Task RenewNowAsync(CancellationToken cancellationToken)
    {
        if (current is { Current: { } session, Id: { } id })
        {
            current.Current = (await ReplaceRefusedAsync(id, session, cancellationToken)).Session ?? session;
        }
    }

    /// <summary>Changes what the session remembers besides its tokens. Tokens that are renewed at the same time are not lost.</summary>
    public async Task ChangeAsync(Func<WebSession, WebSession> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
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

    /// <returns>Null when others kept it for too long.</returns>
    private async Task<IAsyncDisposable?> LockAsync(string id, CancellationToken cancellationToken)
    {
        var giveUpAt = time.GetUtcNow() + Patience;
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
        var giveUpAt = time.GetUtcNow() + Patience;
        var latest = session;
        while (!isGood(latest))
        {
            await using (var renewing = await sessions.TryLockAsync(id))
            {
                // Read again under the lock: whoever held it before has probably renewed.
                if (await sessions.FindAsync(id) is not { } stored)
                {
                    return new Outcome(null);
                }

                latest = stored;
                if (renewing is not null && !isGood(latest))
                {
                    // Not the request's token: a visitor who leaves must not interrupt a rotation half-way.
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
        [LoggerMessage(LogLevel.Information, "A session ended: its refresh token was refused with {Status}.")]
        public static partial void Ended(ILogger logger, int status);
    }
}
