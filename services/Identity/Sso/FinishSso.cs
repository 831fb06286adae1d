using System.Text.Json.Serialization;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Login;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace LinkShort.Identity.Sso;

/// <summary>What the browser brought back from the provider.</summary>
public sealed class FinishSso(
    SsoProviders providers, ProviderMetadata metadata, SsoAttempts attempts, CodeExchange exchange, SsoAccounts accounts, SsoIdentities identities,
    Database database, AuditTrail audit, IdentityMetrics metrics, TimeProvider time)
{
    private const int MaxCode = 8192;

    public sealed record Request
    {
        /// <summary>From the address that the provider sent the browser to: its last part.</summary>
        public required string Provider { get; init; }

        public required string State { get; init; }

        /// <summary>Either this,</summary>
        public string? Code { get; init; }

        /// <summary>or what the provider says went wrong (RFC 6749, 4.1.2.1).</summary>
        public string? Error { get; init; }

        /// <summary>Who answered (RFC 9207), where the provider says so.</summary>
        public string? Iss { get; init; }

        /// <summary>What the browser's cookie holds.</summary>
        public required string BrowserKey { get; init; }

        /// <summary>From an earlier sign-in with rememberDevice: stands for the second factor.</summary>
        public string? DeviceToken { get; init; }
    }

    /// <summary>Tokens of a new session; or, where a provider was connected with an account, which one.</summary>
    public sealed record Response
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? AccessToken { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? RefreshToken { get; init; }

        /// <summary>Seconds that the access token is good for.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public int? ExpiresIn { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? TokenType { get; init; }

        /// <summary>The provider that was connected.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Linked { get; init; }

        /// <summary>As it was sent to the start.</summary>
        public string? ReturnUrl { get; init; }
    }

    /// <summary>POST /auth/sso/callback</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, FinishSso finish, SignInCompletion signIn, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (!OneTimeSecret.TryHash(body.BrowserKey, out var browserKey))
        {
            errors.Add("browserKey", StartSso.NoBrowserKey);
        }

        if (body.Provider.Length is 0 or > SsoProviders.MaxKeyLength)
        {
            errors.Add("provider", "Must be the last path segment of the URL that the provider redirected the browser to.");
        }

        if (body.Code is { Length: 0 or > MaxCode })
        {
            errors.Add("code", $"1 to {MaxCode} characters, exactly as sent by the provider.");
        }
        else if (body.Code is null == body.Error is null)
        {
            errors.Add("code", "Send either this or error.");
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        context.Response.Headers.CacheControl = "no-store";
        var provider = body.Provider.ToLowerInvariant();
        if (!OneTimeSecret.TryHash(body.State, out var stateHash)
            || await finish.RedeemAsync(provider, stateHash, browserKey!, cancellationToken) is not { } attempt)
        {
            return finish.Refused(Problems.SsoFailed.Result(
                "This sign-in was already used, took too long, or was started in another browser. Start again.", ("reason", SsoReasons.State)));
        }

        try
        {
            var (found, claims) = await finish.VouchAsync(provider, attempt, body, cancellationToken);
            return attempt.Intent.UserId is { } linker
                ? await finish.LinkAsync(found, claims, attempt, linker, context, cancellationToken)
                : await finish.SignInAsync(found, claims, attempt, body, signIn, context, cancellationToken);
        }
        catch (ProviderException failure)
        {
            return finish.Refused(SsoProblems.Of(failure));
        }
    }

    private Task<SsoAttempt?> RedeemAsync(string provider, byte[] stateHash, byte[] browserKey, CancellationToken cancellationToken) =>
        attempts.RedeemAsync(provider, stateHash, browserKey, cancellationToken);

    private ProblemHttpResult Refused(ProblemHttpResult problem)
    {
        metrics.LoggedIn("refused");
        return problem;
    }

    /// <summary>What the provider says about the person, once all of it was checked.</summary>
    private async Task<(SsoProvider Provider, ProviderClaims Claims)> VouchAsync(string key, SsoAttempt attempt, Request body, CancellationToken cancellationToken)
    {
        var provider = await providers.FindAsync(key, cancellationToken)
            ?? throw new ProviderException(SsoReasons.State, "The provider was removed while you were signing in.");
        var configuration = await metadata.GetAsync(provider, cancellationToken);
        CheckIssuer(configuration, body.Iss);
        if (body.Error is { } error)
        {
            throw new ProviderException(SsoReasons.Denied, CodeExchange.ErrorCode().IsMatch(error) ? $"The provider answered: {error}." : "The provider denied the sign-in.");
        }

        var claims = await exchange.RedeemAsync(
            provider, configuration, body.Code!, attempt.CodeVerifier, attempt.Nonce, providers.RedirectUriOf(provider.Key), cancellationToken);
        // max_age was 0 (OpenID Connect Core, 3.1.3.7, 13). Large providers leave auth_time out: without it, prompt=login has to do.
        if (attempt.Intent.Fresh && claims.AuthenticatedAt is { } at && time.GetUtcNow() - at > RecentSignIn.DefaultMaxAge)
        {
            throw new ProviderException(SsoReasons.Token, "The provider did not ask you to sign in again, as requested.");
        }

        return (provider, claims);
    }

    /// <summary>RFC 9207: where the provider says who answers, it has to be the one that was asked.</summary>
    private static void CheckIssuer(OpenIdConnectConfiguration configuration, string? issuer)
    {
        if (issuer is null ? configuration.AuthorizationResponseIssParameterSupported : issuer != configuration.Issuer)
        {
            throw new ProviderException(SsoReasons.Issuer, "The response came from a different provider than the one requested.");
        }
    }

    private async Task<Results<Ok<Response>, ProblemHttpResult>> SignInAsync(
        SsoProvider provider, ProviderClaims claims, SsoAttempt attempt, Request body, SignInCompletion signIn, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var (userId, refusal) = await accounts.FindOrCreateAsync(work, provider, claims, cancellationToken);
        if (refusal is not null)
        {
            return Refused(refusal);
        }

        List<string> methods = [AuthenticationMethods.SingleSignOn];
        if (provider.Workspace is { AcceptMfa: true } && claims.Methods.Contains(AuthenticationMethods.TwoFactors))
        {
            methods.Add(AuthenticationMethods.TwoFactorsAtProvider);
        }

        var proven = new ProvenSignIn(userId, new AuthenticationProof(methods, claims.AuthenticatedAt ?? time.GetUtcNow()) { SsoProvider = provider.Key })
        {
            DeviceToken = body.DeviceToken,
            WorkspaceId = provider.Workspace?.Id,
            EnterWorkspaceAsync = provider.Workspace is { } entered ? () => accounts.EnterAsync(work, entered, userId, claims, cancellationToken) : null,
            Started = audit.Entry(
                "sso.signedIn", "user", userId, after: new { Provider = provider.DisplayName, claims.Issuer, claims.Methods }, workspace: provider.Workspace?.Id, actor: userId)
                with { WorkspaceId = provider.Workspace?.Id },
        };
        var completed = await signIn.CompleteAsync(work, proven, context, cancellationToken);
        if (completed.Result is ProblemHttpResult problem)
        {
            if (problem.ProblemDetails.Type == Problems.TwoFactorRequired.Type)
            {
                problem.ProblemDetails.Detail = "The provider signed you in, but this account also requires a second factor.";
                problem.ProblemDetails.Extensions["returnUrl"] = attempt.Intent.ReturnUrl;
            }

            return problem;
        }

        var tokens = ((Ok<TokenResponse>)completed.Result).Value!;
        return TypedResults.Ok(new Response
        {
            AccessToken = tokens.AccessToken,
            RefreshToken = tokens.RefreshToken,
            ExpiresIn = tokens.ExpiresIn,
            TokenType = tokens.TokenType,
            ReturnUrl = attempt.Intent.ReturnUrl,
        });
    }

    /// <summary>By the signed-in owner of the account: the same person in the same session as at the beginning.</summary>
    private async Task<Results<Ok<Response>, ProblemHttpResult>> LinkAsync(
        SsoProvider provider, ProviderClaims claims, SsoAttempt attempt, Guid userId, HttpContext context, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(context.User.FindFirst(Tokens.Claims.Subject)?.Value, out var caller) || caller != userId
            || !Guid.TryParse(context.User.FindFirst(Tokens.Claims.Session)?.Value, out var session) || session != attempt.Intent.SessionId)
        {
            return Problems.Unauthorized.Result("Sign in to the account that you want to connect the provider to, then start again.");
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, userId, cancellationToken);
        if (await SsoIdentities.FindAsync(work, provider, claims, cancellationToken) is { } linked)
        {
            if (linked.UserId != userId)
            {
                return Problems.Conflict.Result("This provider account is connected to another account here.");
            }
        }
        else if (!await identities.LinkAsync(work, userId, provider, claims, "byOwner", cancellationToken))
        {
            return Problems.Conflict.Result("Your account is connected to a different account at this provider. Disconnect it first.");
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(new Response { Linked = provider.DisplayName, ReturnUrl = attempt.Intent.ReturnUrl });
    }
}
