using System.Diagnostics;
using System.Text.Json.Serialization;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Login;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Sso;

/// <summary>Completes a sign-in, or connects a provider to an account, with the provider's response.</summary>
public sealed class FinishSso(
    SsoAttempts attempts, SsoResponses responses, SsoAccounts accounts, SsoIdentities identities, Database database, AuditTrail audit,
    IdentityMetrics metrics, TimeProvider time)
{
    private const int MaxCode = 8192;

    public sealed record Request
    {
        /// <summary>The last path segment of the URL that the provider redirected the browser to.</summary>
        public required string Provider { get; init; }

        public required string State { get; init; }

        /// <summary>The authorization code; or else <see cref="Error"/>.</summary>
        public string? Code { get; init; }

        /// <summary>The provider's error code (RFC 6749, 4.1.2.1).</summary>
        public string? Error { get; init; }

        /// <summary>The issuer of the response (RFC 9207), if the provider sent it.</summary>
        public string? Iss { get; init; }

        /// <summary>The value of the browser's cookie.</summary>
        public required string BrowserKey { get; init; }

        /// <summary>From an earlier sign-in with rememberDevice: replaces the second factor.</summary>
        public string? DeviceToken { get; init; }
    }

    /// <summary>The tokens of a new session, or the provider that was connected to the account.</summary>
    public sealed record Response
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? AccessToken { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? RefreshToken { get; init; }

        /// <summary>The access token's lifetime in seconds.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public int? ExpiresIn { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? TokenType { get; init; }

        /// <summary>The provider that was connected.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Linked { get; init; }

        /// <summary>As it was sent to /auth/sso/start.</summary>
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
            errors.Add("provider", IdentityTexts.Of("sso.providerSegment"));
        }

        if (body.Code is { Length: 0 or > MaxCode })
        {
            errors.Add("code", IdentityTexts.Of("sso.code", ("max", MaxCode)));
        }
        else if (body.Code is null == body.Error is null)
        {
            errors.Add("code", IdentityTexts.Of("sso.codeOrError"));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        context.Response.Headers.CacheControl = "no-store";
        var provider = body.Provider.ToLowerInvariant();
        if (!OneTimeSecret.TryHash(body.State, out var stateHash)
            || await finish.FindAttemptAsync(provider, stateHash, browserKey!, cancellationToken) is not { } attempt)
        {
            return finish.Refused(Problems.SsoFailed.Result(
                IdentityTexts.Of("sso.staleAttempt"), ("reason", SsoReasons.State)));
        }

        try
        {
            var (found, claims) = await finish.RedeemAsync(provider, attempt, body, cancellationToken);
            return attempt.Intent.UserId is { } linker
                ? await finish.LinkAsync(found, claims, attempt, linker, context, cancellationToken)
                : await finish.SignInAsync(found, claims, attempt, body, signIn, context, cancellationToken);
        }
        catch (ProviderException failure)
        {
            return finish.Refused(SsoProblems.Of(failure));
        }
    }

    private Task<SsoAttempt?> FindAttemptAsync(string provider, byte[] stateHash, byte[] browserKey, CancellationToken cancellationToken) =>
        attempts.RedeemAsync(provider, stateHash, browserKey, cancellationToken);

    private Task<(SsoProvider Provider, ProviderClaims Claims)> RedeemAsync(
        string provider, SsoAttempt attempt, Request body, CancellationToken cancellationToken) =>
        responses.RedeemAsync(provider, attempt, body, cancellationToken);

    private ProblemHttpResult Refused(ProblemHttpResult problem)
    {
        metrics.LoggedIn("refused");
        return problem;
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
        return await signIn.CompleteAsync(work, proven, context, cancellationToken) switch
        {
            SignedIn signedIn => TypedResults.Ok(ToResponse(signedIn.Tokens, attempt.Intent.ReturnUrl)),
            SecondFactorRequired required => required.ToProblem(
                IdentityTexts.Of("sso.secondFactor"), ("returnUrl", attempt.Intent.ReturnUrl)),
            SignInRefused refused => refused.Problem,
            _ => throw new UnreachableException(),
        };
    }

    private static Response ToResponse(TokenResponse tokens, string? returnUrl) => new()
    {
        AccessToken = tokens.AccessToken,
        RefreshToken = tokens.RefreshToken,
        ExpiresIn = tokens.ExpiresIn,
        TokenType = tokens.TokenType,
        ReturnUrl = returnUrl,
    };

    /// <summary>Connects the provider to the account of the caller, who must be in the session that started the attempt.</summary>
    private async Task<Results<Ok<Response>, ProblemHttpResult>> LinkAsync(
        SsoProvider provider, ProviderClaims claims, SsoAttempt attempt, Guid userId, HttpContext context, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(context.User.FindFirst(Tokens.Claims.Subject)?.Value, out var caller) || caller != userId
            || !Guid.TryParse(context.User.FindFirst(Tokens.Claims.Session)?.Value, out var session) || session != attempt.Intent.SessionId)
        {
            return Problems.Unauthorized.Result(IdentityTexts.Of("sso.signInToLink"));
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, userId, cancellationToken);
        if (await SsoIdentities.FindAsync(work, provider, claims, locksAccount: false, cancellationToken) is { } linked)
        {
            if (linked.UserId != userId)
            {
                return Problems.Conflict.Result(IdentityTexts.Of("sso.linkedElsewhere"));
            }
        }
        else if (!await identities.LinkAsync(work, userId, provider, claims, "byOwner", cancellationToken))
        {
            return Problems.Conflict.Result(IdentityTexts.Of("sso.linkedToOther"));
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(new Response { Linked = provider.DisplayName, ReturnUrl = attempt.Intent.ReturnUrl });
    }
}
