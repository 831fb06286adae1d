namespace LinkShort.Contracts;

/// <summary>A type of error of the API, explained on the page <c>/problems/{Slug}</c>.</summary>
/// <param name="Slug">Stable: clients switch on it.</param>
/// <param name="Explanation">What happened and what to do, shown on the problem's page.</param>
public sealed record ProblemType(string Slug, int Status, string Title, string Explanation)
{
    public string Type => "/problems/" + Slug;
}

/// <summary>Every problem type of the public API (RFC 9457).</summary>
public static class Problems
{
    public static readonly ProblemType Validation = new("validation", 400, "Some fields are invalid",
        "One or more fields have invalid values. `errors` lists the messages for each field. Nothing was changed.");

    public static readonly ProblemType BadRequest = new("bad-request", 400, "Malformed request",
        "The request could not be parsed. Check the JSON, the query parameters and their encoding.");

    public static readonly ProblemType Unauthorized = new("unauthorized", 401, "Authentication required",
        "The access token or API key is missing, invalid or expired. Sign in again, or send `Authorization: Bearer …`.");

    public static readonly ProblemType InvalidCredentials = new("invalid-credentials", 401, "Wrong email or password",
        "No account matches this email and password.");

    public static readonly ProblemType TwoFactorRequired = new("two-factor-required", 401, "Second factor required",
        "The password is correct, but this account also requires a second factor. Send `challenge` to /auth/login/2fa within `expiresIn` seconds, with one of `methods`: `code` (totp), `recoveryCode`, or `credential` (a passkey's response to `passkeyOptions`).");

    public static readonly ProblemType InvalidCode = new("invalid-code", 401, "Invalid code",
        "The code is wrong, expired or already used; each code works once. Wait for the next one, then try again with the same challenge.");

    public static readonly ProblemType InvalidChallenge = new("invalid-challenge", 401, "Sign-in expired",
        "The challenge is unknown, already used, older than five minutes, or had too many wrong codes. Sign in with the password again.");

    public static readonly ProblemType InvalidPasskey = new("invalid-passkey", 401, "Passkey not accepted",
        "The response doesn't match any registered passkey, has expired, or was already used. Request new options and try again.");

    public static readonly ProblemType TwoFactorEnrollmentRequired = new("two-factor-enrollment-required", 403, "This workspace requires two-factor authentication",
        "The workspace requires two-factor authentication of all members. Sign in again with your second factor. If you don't have one yet, switch to your personal workspace, add an authenticator app or a passkey under Security, and try again.");

    public static readonly ProblemType InvalidRefreshToken = new("invalid-refresh-token", 401, "Session expired",
        "The refresh token is unknown, expired, revoked or already used. Using a token twice ends the session. Sign in again.");

    public static readonly ProblemType LockedOut = new("locked-out", 423, "Too many failed attempts",
        "The account is temporarily locked after too many wrong passwords. Wait, then try again.");

    public static readonly ProblemType PlanLimitReached = new("plan-limit-reached", 402, "Plan limit reached",
        "The workspace's plan (`plan`) allows `limit`, of which `used` are used. `upgradeTo` is the next plan that allows more; owners and admins get it at `upgradeUrl`. Nothing was changed, and everything that exists keeps working.");

    public static readonly ProblemType PaymentFailed = new("payment-failed", 402, "Payment failed",
        "The bank or the card refused the payment. Nothing was changed. Use another payment method in the portal, or ask the bank, and try again.");

    public static readonly ProblemType BillingDisabled = new("billing-disabled", 404, "No billing on this installation",
        "This installation sells no plans, so there is nothing to buy, to pay or to cancel.");

    public static readonly ProblemType Forbidden = new("forbidden", 403, "Forbidden",
        "The token or API key lacks the required scope or role.");

    public static readonly ProblemType ViewOnly = new("view-only", 403, "View only",
        "An operator is viewing this account with its owner's consent. Nothing can be changed from this session.");

    public static readonly ProblemType AccountSuspended = new("account-suspended", 403, "Account suspended",
        "An operator of this installation suspended the account. Nobody can sign in to it, and its API keys don't work. Contact the operators.");

    public static readonly ProblemType FeatureUnavailable = new("feature-unavailable", 403, "Currently unavailable",
        "The operators of this installation have turned this feature off, for everyone or for accounts like yours. Nothing was changed.");

    public static readonly ProblemType RegistrationsClosed = new("registrations-closed", 403, "Registration is closed",
        "The operators of this installation are not accepting new accounts right now. Existing accounts can still sign in.");

    public static readonly ProblemType ConsentRequired = new("consent-required", 403, "Consent required",
        "Operators can view an account only with its owner's consent. The owner gives it for a limited time under Support access in their settings.");

    public static readonly ProblemType OperatorProtected = new("operator-protected", 409, "Operator accounts are protected",
        "Operators can't suspend themselves or the last remaining operator: someone has to be able to undo it.");

    public static readonly ProblemType RecentSignInRequired = new("recent-sign-in-required", 403, "Confirm that it's you",
        "This requires a sign-in within the last 15 minutes. Send the password, and the second factor if the account has one, or a passkey's response to `POST /auth/confirm`, then repeat the request with the new access token. With `credentials` = `own`, the account's own credentials are missing altogether: a workspace's single sign-on counts in that workspace only.");

    public static readonly ProblemType WorkspaceSuspended = new("workspace-suspended", 403, "Workspace suspended",
        "An operator of this installation suspended the workspace. Its links don't work, and links can't be created or changed. Contact the operators.");

    public static readonly ProblemType LinkSuspended = new("link-suspended", 403, "This short link has been suspended",
        "An operator of this installation suspended the link, its workspace or the site it leads to.");

    public static readonly ProblemType DestinationBlocked = new("destination-blocked", 403, "This short link leads to a dangerous site",
        "The destination is on this installation's list of dangerous sites (phishing, malware, fraud), so visitors are not redirected.");

    public static readonly ProblemType InvitationForSomebodyElse = new("invitation-for-somebody-else", 403, "Invitation for another address",
        "The invitation was sent to an address other than your account's. Sign in with the invited address, or ask for an invitation to yours.");

    public static readonly ProblemType EmailNotVerified = new("email-not-verified", 403, "Email address not verified",
        "This requires a verified email address. Follow the link in the email we sent you, or request a new one.");

    public static readonly ProblemType SsoFailed = new("sso-failed", 401, "Single sign-on failed",
        "The provider's response did not complete the sign-in. `reason` names the step that failed: `state` (already used, expired, or started in another browser), `denied`, `issuer`, `code`, `token` or `metadata`. Nothing was changed. Start again; if the problem persists, check the provider and its configuration.");

    public static readonly ProblemType SsoRequired = new("sso-required", 403, "Sign in with your organisation's account",
        "Your workspace requires single sign-on for email addresses in its domain, so you can't sign in with a password or passkey. Start at `signInUrl`.");

    public static readonly ProblemType SsoNotAllowed = new("sso-not-allowed", 403, "No account for this sign-in",
        "The provider authenticated you, but the sign-in can't be used here: the provider didn't verify the email address, the address is not in a domain the workspace has verified, or the workspace accepts members by invitation only. `reason` says which.");

    public static readonly ProblemType SsoAccountExists = new("sso-account-exists", 409, "An account with that address already exists",
        "The account was not created through this provider, and we can't be sure it is yours: its address was never verified, or it has a second factor. Sign in to it as usual, or set a new password with \"Forgot password?\", then connect the provider under Security.");

    public static readonly ProblemType SsoUnavailable = new("sso-unavailable", 503, "Sign-in provider unavailable",
        "The sign-in provider can't be reached or is failing. Nothing was changed. Try again in a moment, or sign in another way if your workspace allows it.");

    public static readonly ProblemType NotFound = new("not-found", 404, "Not found",
        "The resource does not exist, or belongs to a workspace that this token can't access.");

    public static readonly ProblemType MethodNotAllowed = new("method-not-allowed", 405, "Method not allowed",
        "This URL does not support the HTTP method.");

    public static readonly ProblemType Conflict = new("conflict", 409, "Conflict",
        "The change conflicts with the current state of the resource. Read the resource again, then decide.");

    public static readonly ProblemType CodeTaken = new("code-taken", 409, "Short code already taken",
        "Another link already uses this code on this domain. Choose another code; the existing link was not changed.");

    public static readonly ProblemType EmailTaken = new("email-taken", 409, "Email address already in use",
        "An account with this email address already exists. Sign in instead, or use another address.");

    public static readonly ProblemType LastOwner = new("last-owner", 409, "A workspace must have an owner",
        "This member is the workspace's last owner. Make another member an owner first, or delete the workspace.");

    public static readonly ProblemType WorkspaceDeletionScheduled = new("workspace-deletion-scheduled", 409, "Workspace scheduled for deletion",
        "An owner scheduled the workspace for deletion, so it is read-only. Owners can restore it until it is deleted.");

    public static readonly ProblemType RequestInProgress = new("request-in-progress", 409, "Request already in progress",
        "Another request with this Idempotency-Key has not completed yet. Try again after `Retry-After`.");

    public static readonly ProblemType RebuildRunning = new("rebuild-running", 409, "Rebuild already running",
        "The data is already being rebuilt. The rebuild completes on its own, even after a restart; start another one afterwards if you still need it.");

    public static readonly ProblemType Gone = new("gone", 410, "No longer available",
        "The resource existed, but has expired or was archived by its owner.");

    public static readonly ProblemType InvitationInvalid = new("invitation-invalid", 410, "Invitation no longer valid",
        "The invitation was answered, withdrawn or replaced by a newer email, or has expired. Use the link in the newest email, or ask for another invitation.");

    public static readonly ProblemType TokenInvalid = new("token-invalid", 410, "Link no longer valid",
        "The link from the email was already used, has expired, or was replaced by a newer one. Request a new email.");

    public static readonly ProblemType PreconditionFailed = new("precondition-failed", 412, "Modified by someone else",
        "`If-Match` names an older version. Read the resource again, then repeat the change with its new ETag.");

    public static readonly ProblemType PayloadTooLarge = new("payload-too-large", 413, "Request body too large",
        "The request body is larger than this URL accepts.");

    public static readonly ProblemType UnsupportedMediaType = new("unsupported-media-type", 415, "Content type not supported",
        "Send `Content-Type: application/json`.");

    public static readonly ProblemType IdempotencyMismatch = new("idempotency-mismatch", 422, "Idempotency-Key already used for another request",
        "This Idempotency-Key was used within the last 24 hours with a different body. Use a new key for a new request.");

    public static readonly ProblemType RateLimited = new("rate-limited", 429, "Too many requests",
        "The limit of this policy is exhausted. Wait for `Retry-After` seconds; the RateLimit fields show what is left.");

    public static readonly ProblemType RequestHeadersTooLarge = new("request-headers-too-large", 431, "Request headers too large",
        "Send fewer or shorter header fields.");

    public static readonly ProblemType Internal = new("internal", 500, "Internal server error",
        "Something went wrong on our side; it was logged under `traceId`. Try again, and quote the traceId if the problem persists.");

    public static readonly ProblemType BadGateway = new("bad-gateway", 502, "Bad gateway",
        "The service behind this URL is restarting or unreachable. Try again in a moment.");

    public static readonly ProblemType Unavailable = new("unavailable", 503, "Service unavailable",
        "A service or server that this needs is down or restarting. Nothing was changed; try again after `Retry-After`.");

    public static readonly ProblemType Timeout = new("timeout", 504, "Gateway timeout",
        "The service behind this URL did not respond in time. Try again in a moment.");

    /// <summary>All of them, by slug.</summary>
    public static readonly IReadOnlyDictionary<string, ProblemType> All = new[]
    {
        Validation, BadRequest, Unauthorized, InvalidCredentials, InvalidRefreshToken, LockedOut, PlanLimitReached, PaymentFailed, BillingDisabled, Forbidden,
        RecentSignInRequired, ViewOnly, AccountSuspended, FeatureUnavailable, RegistrationsClosed, ConsentRequired, OperatorProtected, WorkspaceSuspended, LinkSuspended, DestinationBlocked,
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
