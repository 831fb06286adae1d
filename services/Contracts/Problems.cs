namespace LinkShort.Contracts;

/// <summary>One kind of error that the API answers with. <c>/problems/{Slug}</c> explains it to people.</summary>
/// <param name="Slug">Stable: clients switch on it.</param>
/// <param name="Explanation">What happened and what to do, shown on the problem's page.</param>
public sealed record ProblemType(string Slug, int Status, string Title, string Explanation)
{
    public string Type => "/problems/" + Slug;
}

/// <summary>Every problem type of the public API (RFC 9457).</summary>
public static class Problems
{
    public static readonly ProblemType Validation = new("validation", 400, "Some fields are not valid",
        "The request was understood, but one or more fields have values that can't be accepted. `errors` lists each field with its messages. Nothing was changed.");

    public static readonly ProblemType BadRequest = new("bad-request", 400, "The request can't be read",
        "The request is malformed: check the JSON, the query parameters and their encoding.");

    public static readonly ProblemType Unauthorized = new("unauthorized", 401, "Sign in first",
        "The request carries no valid access token or API key, or it has expired. Sign in again, or send `Authorization: Bearer …`.");

    public static readonly ProblemType InvalidCredentials = new("invalid-credentials", 401, "E-mail or password is wrong",
        "No account matches this e-mail and password.");

    public static readonly ProblemType TwoFactorRequired = new("two-factor-required", 401, "One more step",
        "The password is right, and this account asks for a second factor. Send `challenge` to /auth/login/2fa within `expiresIn` seconds, with one of `methods`: `code` (totp), `recoveryCode`, or `credential`, a passkey's answer to `passkeyOptions`.");

    public static readonly ProblemType InvalidCode = new("invalid-code", 401, "The code is wrong",
        "The code is wrong, has run out, or was used before: each works once. Wait for the next one and try again with the same challenge.");

    public static readonly ProblemType InvalidChallenge = new("invalid-challenge", 401, "Sign in from the start",
        "The challenge is unknown, older than five minutes, was used, or had too many wrong codes. Sign in with the password again.");

    public static readonly ProblemType InvalidPasskey = new("invalid-passkey", 401, "The passkey was not accepted",
        "No passkey of an account here matches this answer, or the answer is old or was used before. Ask for new options and try again.");

    public static readonly ProblemType TwoFactorEnrollmentRequired = new("two-factor-enrollment-required", 403, "This workspace asks for two factors",
        "The workspace's owner requires two factors of its members. Sign in again with your second factor. Without one, you begin in your own workspace: add an authenticator app or a passkey under security there, and come back.");

    public static readonly ProblemType InvalidRefreshToken = new("invalid-refresh-token", 401, "The session has ended",
        "The refresh token is unknown, expired, revoked, or was used before. A token used twice ends the whole session: sign in again.");

    public static readonly ProblemType LockedOut = new("locked-out", 423, "Too many failed attempts",
        "The account is locked for a short time after too many wrong passwords. Wait, then try again.");

    public static readonly ProblemType PlanLimitReached = new("plan-limit-reached", 402, "Your plan's limit is reached",
        "This needs a bigger plan: see `upgradeTo`.");

    public static readonly ProblemType Forbidden = new("forbidden", 403, "Not allowed",
        "The token or API key lacks the scope or role that this needs.");

    public static readonly ProblemType ViewOnly = new("view-only", 403, "You are only looking",
        "This account is being looked at by an operator, with its owner's consent. Nothing in it can be changed that way.");

    public static readonly ProblemType AccountSuspended = new("account-suspended", 403, "The account is suspended",
        "An operator of this installation has suspended the account: nobody can sign in to it, and its API keys don't work. Ask the operators.");

    public static readonly ProblemType FeatureUnavailable = new("feature-unavailable", 403, "Not available at the moment",
        "The operators of this installation have turned this off, for everybody or for accounts like yours. Nothing was changed.");

    public static readonly ProblemType RegistrationsClosed = new("registrations-closed", 403, "No new accounts at the moment",
        "The operators of this installation don't take new accounts right now. Whoever has one can sign in as always.");

    public static readonly ProblemType ConsentRequired = new("consent-required", 403, "The owner has to agree first",
        "Nobody looks at an account without its owner's consent: they give it under Support access in their settings, for a while.");

    public static readonly ProblemType OperatorProtected = new("operator-protected", 409, "Operators can't do this to themselves",
        "Operators suspend neither themselves nor the last one of them: somebody has to be able to undo it.");

    public static readonly ProblemType RecentSignInRequired = new("recent-sign-in-required", 403, "Confirm that it's you",
        "This needs a sign-in of the last 15 minutes. Send the password to `POST /auth/confirm`, then repeat the request with the new access token.");

    public static readonly ProblemType WorkspaceSuspended = new("workspace-suspended", 403, "The workspace is suspended",
        "An operator of this installation has suspended the workspace. Its links lead nowhere, and none can be created or changed. Ask the operators.");

    public static readonly ProblemType LinkSuspended = new("link-suspended", 403, "This short link has been suspended",
        "An operator of this installation has taken the link, its workspace or the site that it leads to out of service.");

    public static readonly ProblemType DestinationBlocked = new("destination-blocked", 403, "This short link leads to a dangerous place",
        "Its destination is on this installation's list of dangerous sites (phishing, malware, fraud), so nobody is sent there.");

    public static readonly ProblemType InvitationForSomebodyElse = new("invitation-for-somebody-else", 403, "The invitation is for another address",
        "It was sent to another address than that of your account. Sign in with the account that has that address, or ask to be invited with yours.");

    public static readonly ProblemType EmailNotVerified = new("email-not-verified", 403, "Verify your e-mail address first",
        "This needs an address that is shown to be yours. Follow the link in the mail that we sent you, or ask for another one.");

    public static readonly ProblemType SsoFailed = new("sso-failed", 401, "Single sign-on did not succeed",
        "The provider's answer did not lead to a sign-in; `reason` says at what point: `state` (used, too old, or begun in another browser), `denied`, `issuer`, `code`, `token` or `metadata`. Nothing was changed. Begin again; if it stays, the provider or its configuration is wrong.");

    public static readonly ProblemType SsoRequired = new("sso-required", 403, "Sign in with your organisation's account",
        "Your workspace requires single sign-on for addresses of its domain, so a password or passkey doesn't open this account. Begin at `signInUrl`.");

    public static readonly ProblemType SsoNotAllowed = new("sso-not-allowed", 403, "This sign-in opens no account here",
        "The provider vouched for a person, but not in a way that opens an account here: it didn't verify the address, the address is in no domain that the workspace proved, or the workspace admits by invitation only. `reason` says which.");

    public static readonly ProblemType SsoAccountExists = new("sso-account-exists", 409, "There is an account with that address already",
        "The account was not made through this provider, and it isn't certain that it is yours: its address was never verified, or it has a second factor. Sign in to it as usual, or set a new password with \"forgot password\", then connect the provider under security.");

    public static readonly ProblemType SsoUnavailable = new("sso-unavailable", 503, "The sign-in provider gives no answer",
        "The provider that vouches for your account can't be reached or is failing. Nothing was changed. Try again in a moment, or sign in another way if your workspace allows it.");

    public static readonly ProblemType NotFound = new("not-found", 404, "Not found",
        "It does not exist, or it belongs to a workspace that this token has no access to.");

    public static readonly ProblemType MethodNotAllowed = new("method-not-allowed", 405, "Method not allowed",
        "This address does not answer to this HTTP method.");

    public static readonly ProblemType Conflict = new("conflict", 409, "It conflicts with what is there",
        "The change can't be made to the current state. Read it again, then decide.");

    public static readonly ProblemType CodeTaken = new("code-taken", 409, "That short code is taken",
        "Another link already uses this code on this domain. Choose another one; the existing link was not touched.");

    public static readonly ProblemType EmailTaken = new("email-taken", 409, "That e-mail has an account already",
        "Sign in instead, or use another e-mail.");

    public static readonly ProblemType LastOwner = new("last-owner", 409, "A workspace needs an owner",
        "This person is the last owner of the workspace. Make another member an owner first, or delete the workspace.");

    public static readonly ProblemType WorkspaceDeletionScheduled = new("workspace-deletion-scheduled", 409, "The workspace is going to be deleted",
        "An owner has asked for its deletion, so nothing in it can be changed any more. Until it is erased, owners can restore it.");

    public static readonly ProblemType RequestInProgress = new("request-in-progress", 409, "The same request is still running",
        "Another request with this Idempotency-Key has not finished yet. Try again after `Retry-After`.");

    public static readonly ProblemType RebuildRunning = new("rebuild-running", 409, "A rebuild is already running",
        "The data is already being rebuilt. It finishes on its own, also after a restart; start another rebuild afterwards if you still need one.");

    public static readonly ProblemType Gone = new("gone", 410, "It is no longer here",
        "It existed, but has expired or was archived by its owner.");

    public static readonly ProblemType InvitationInvalid = new("invitation-invalid", 410, "The invitation is no longer valid",
        "It was answered or withdrawn, has expired, or was sent again: then the newest mail has the link that works. Ask for another one.");

    public static readonly ProblemType TokenInvalid = new("token-invalid", 410, "The link is no longer good",
        "The link from the mail was used already, has expired, or was replaced by a newer one. Ask for a new mail.");

    public static readonly ProblemType PreconditionFailed = new("precondition-failed", 412, "It was changed meanwhile",
        "`If-Match` names an older version. Read the resource again, and repeat the change on its new ETag.");

    public static readonly ProblemType PayloadTooLarge = new("payload-too-large", 413, "The request is too large",
        "The body is larger than this address accepts.");

    public static readonly ProblemType UnsupportedMediaType = new("unsupported-media-type", 415, "Content type not supported",
        "Send `Content-Type: application/json`.");

    public static readonly ProblemType IdempotencyMismatch = new("idempotency-mismatch", 422, "Idempotency-Key used for another request",
        "This Idempotency-Key was used within the last 24 hours with another body. Use a new key for a new request.");

    public static readonly ProblemType RateLimited = new("rate-limited", 429, "Too many requests",
        "The limit of this policy is used up. Wait for `Retry-After` seconds; the RateLimit fields tell what is left.");

    public static readonly ProblemType RequestHeadersTooLarge = new("request-headers-too-large", 431, "The request headers are too large",
        "Send fewer or shorter header fields.");

    public static readonly ProblemType Internal = new("internal", 500, "Something went wrong on our side",
        "It was logged under `traceId`. Nothing that you did wrong; try again, and tell us the traceId if it stays.");

    public static readonly ProblemType BadGateway = new("bad-gateway", 502, "A part of LinkShort gave no answer",
        "The service behind this address is restarting or unreachable. Try again in a moment.");

    public static readonly ProblemType Unavailable = new("unavailable", 503, "Not available right now",
        "A part that this needs is down or restarting. Nothing was changed; try again after `Retry-After`.");

    public static readonly ProblemType Timeout = new("timeout", 504, "It took too long",
        "The service behind this address did not answer in time. Try again in a moment.");

    /// <summary>All of them, by slug.</summary>
    public static readonly IReadOnlyDictionary<string, ProblemType> All = new[]
    {
        Validation, BadRequest, Unauthorized, InvalidCredentials, InvalidRefreshToken, LockedOut, PlanLimitReached, Forbidden,
        RecentSignInRequired, WorkspaceSuspended, LinkSuspended, DestinationBlocked,
        TwoFactorRequired, InvalidCode, InvalidChallenge, InvalidPasskey, TwoFactorEnrollmentRequired,
        EmailNotVerified, LastOwner, WorkspaceDeletionScheduled, InvitationInvalid, InvitationForSomebodyElse,
        SsoFailed, SsoRequired, SsoNotAllowed, SsoAccountExists, SsoUnavailable,
        NotFound, MethodNotAllowed, Conflict, CodeTaken, EmailTaken, RequestInProgress, RebuildRunning, Gone, TokenInvalid, PreconditionFailed, PayloadTooLarge,
        UnsupportedMediaType, IdempotencyMismatch, RateLimited, RequestHeadersTooLarge, Internal, BadGateway, Unavailable, Timeout,
    }.ToDictionary(problem => problem.Slug, StringComparer.Ordinal);

    /// <summary>The type for a bare status code, as the framework answers them.</summary>
    public static ProblemType ForStatus(int status) => status switch
    {
        400 => BadRequest,
        401 => Unauthorized,
        402 => PlanLimitReached,
        403 => Forbidden,
        404 => NotFound,
        405 => MethodNotAllowed,
        409 => Conflict,
        410 => Gone,
        412 => PreconditionFailed,
        413 => PayloadTooLarge,
        415 => UnsupportedMediaType,
        422 => IdempotencyMismatch,
        423 => LockedOut,
        429 => RateLimited,
        431 => RequestHeadersTooLarge,
        502 => BadGateway,
        503 => Unavailable,
        504 => Timeout,
        < 500 => BadRequest with { Status = status },
        _ => Internal with { Status = status },
    };
}
