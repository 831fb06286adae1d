using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.Passkeys;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.SignIn.Sessions;

public static class ConfirmIdentity
{
    public sealed record Request
    {
        /// <summary>Needed unless a passkey is sent, or the account has no password.</summary>
        public string? Password { get; init; }

        /// <summary>With two factors, beside the password: what the authenticator app shows,</summary>
        public string? Code { get; init; }

        /// <summary>or a recovery code.</summary>
        public string? RecoveryCode { get; init; }

        /// <summary>Instead of all of these: a passkey's answer to /auth/passkey/options.</summary>
        public JsonElement? Credential { get; init; }
    }

    /// <summary>
    /// Somebody who is signed in proves again who they are, so that <see cref="RecentSignIn"/> lets them pass. What the sign-in asks for
    /// is asked for here; guessing counts as there, and locks like it.
    /// </summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body,
        CurrentUser current,
        UserManager<User> users,
        LoginAttempts attempts,
        FactorCheck factorCheck,
        PasskeyCeremonies passkeys,
        UserSessions sessions,
        Database database,
        TimeProvider time,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (current.SessionId is not { } sessionId || await users.FindByIdAsync(current.Id.ToString()) is not { } user)
        {
            return Problems.Unauthorized.Result();
        }

        var errors = new ValidationErrors();
        var proof = body.Code is null && body.RecoveryCode is null ? null : FactorProof.Parse(body.Code, body.RecoveryCode, errors);
        if (body.Credential is { } sent)
        {
            if (body.Password is not null || proof is not null)
            {
                errors.Add("credential", "Send either a credential, or the password and a code.");
            }
            else if (sent.ValueKind != JsonValueKind.Object)
            {
                errors.Add("credential", PasskeyCeremonies.NoCredential);
            }
        }
        else if (user.PasswordHash is not null || body.Password is not null || proof is null)
        {
            Password.CheckForm(body.Password ?? "", errors);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        return body.Credential is { } credential
            ? await ByPasskeyAsync(credential)
            : await ByPasswordAsync();

        async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> ByPasskeyAsync(JsonElement answer)
        {
            if (await passkeys.FinishSignInAsync(answer, context, cancellationToken) is not { } assertion || assertion.UserId != user.Id)
            {
                return Problems.InvalidPasskey.Result();
            }

            await using var work = await database.BeginAsync(cancellationToken);
            return await passkeys.CountUseAsync(work, assertion, cancellationToken)
                ? await ConfirmAsync(work, [AuthenticationMethods.Passkey, AuthenticationMethods.TwoFactors])
                : Problems.InvalidPasskey.Result();
        }

        async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> ByPasswordAsync()
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

            // An account of single sign-on has none; it needs a code then.
            var password = Password.Compose(body.Password ?? "");
            if (user.PasswordHash is null ? body.Password is not null || proof is null : !await users.CheckPasswordAsync(user, password))
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
                        "This account has two-factor authentication. Send code or recoveryCode with the password, or a passkey's response as credential.", ("methods", factors.Methods))
                    : await ConfirmAsync(work, [AuthenticationMethods.Password]);
            }

            if (!await factorCheck.AcceptAsync(work, user.Id, proof, cancellationToken))
            {
                return Problems.InvalidCode.Result();
            }

            return await ConfirmAsync(
                work,
                user.PasswordHash is null
                    ? [AuthenticationMethods.OneTimeCode, AuthenticationMethods.TwoFactors]
                    : [AuthenticationMethods.Password, AuthenticationMethods.OneTimeCode, AuthenticationMethods.TwoFactors]);
        }

        async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> ConfirmAsync(UnitOfWork work, string[] methods)
        {
            if (await sessions.ConfirmAsync(work, user.Id, sessionId, new AuthenticationProof(methods, time.GetUtcNow()), cancellationToken) is not { } tokens)
            {
                return Problems.Unauthorized.Result();
            }

            await work.CommitAsync(cancellationToken);
            TokenResponse.ForbidStoring(context.Response);
            return TypedResults.Ok(tokens);
        }
    }
}
