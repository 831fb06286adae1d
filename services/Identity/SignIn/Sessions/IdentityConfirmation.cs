using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.Passkeys;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>Checks the proofs of a signed-in user, and issues new tokens that state the new time of authentication.</summary>
public sealed class IdentityConfirmation(
    UserManager<User> users, LoginAttempts attempts, FactorCheck factorCheck, PasskeyCeremonies passkeys, UserSessions sessions, Database database,
    TimeProvider time)
{
    public async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> ByPasskeyAsync(
        Guid userId, Guid sessionId, JsonElement credential, HttpContext context, CancellationToken cancellationToken)
    {
        if (await passkeys.FinishSignInAsync(credential, context, cancellationToken) is not { } assertion || assertion.UserId != userId)
        {
            return Problems.InvalidPasskey.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        return await passkeys.CountUseAsync(work, assertion, cancellationToken)
            ? await ConfirmAsync(work, userId, sessionId, [AuthenticationMethods.Passkey, AuthenticationMethods.TwoFactors], context, cancellationToken)
            : Problems.InvalidPasskey.Result();
    }

    /// <param name="sent">Null for an account without a password, which needs a code then.</param>
    /// <param name="proof">The code; null when none was sent.</param>
    public async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> ByPasswordAsync(
        User user, Guid sessionId, string? sent, FactorProof? proof, HttpContext context, CancellationToken cancellationToken)
    {
        if (!EmailAddress.TryParse(user.Email ?? "", out var email, out _))
        {
            throw new InvalidOperationException("An account without an address.");
        }

        var attempt = await attempts.BeginAsync(email, context, cancellationToken);
        if (attempt.Refusal is { } wait)
        {
            return wait;
        }

        var password = PasswordText.Compose(sent ?? "");
        if (user.PasswordHash is null ? sent is not null || proof is null : !await users.CheckPasswordAsync(user, password))
        {
            return await attempts.FailAsync(attempt, user.Id, cancellationToken);
        }

        if (proof is not null && await factorCheck.BeginAsync(proof, user.Id, cancellationToken) is { } until)
        {
            return factorCheck.Blocked(context, until);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (user.PasswordHash is not null && await attempts.SucceedAsync(work, attempt, user, password, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var factors = await SecondFactors.OfAsync(work.Connection, user.Id, cancellationToken);
        if (proof is null)
        {
            return factors.Enabled
                ? Problems.TwoFactorRequired.Result(
                    IdentityTexts.Of("signIn.confirmWithFactor"), ("methods", factors.Methods))
                : await ConfirmAsync(work, user.Id, sessionId, [AuthenticationMethods.Password], context, cancellationToken);
        }

        if (!await factorCheck.AcceptAsync(work, user.Id, proof, cancellationToken))
        {
            return Problems.InvalidCode.Result();
        }

        string[] methods = user.PasswordHash is null
            ? [AuthenticationMethods.OneTimeCode, AuthenticationMethods.TwoFactors]
            : [AuthenticationMethods.Password, AuthenticationMethods.OneTimeCode, AuthenticationMethods.TwoFactors];
        return await ConfirmAsync(work, user.Id, sessionId, methods, context, cancellationToken);
    }

    private async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> ConfirmAsync(
        UnitOfWork work, Guid userId, Guid sessionId, string[] methods, HttpContext context, CancellationToken cancellationToken)
    {
        if (await sessions.ConfirmAsync(work, userId, sessionId, new AuthenticationProof(methods, time.GetUtcNow()), cancellationToken) is not { } tokens)
        {
            return Problems.Unauthorized.Result();
        }

        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(tokens);
    }
}
