using LinkShort.Identity.Domain;
using LinkShort.Identity.Login;
using LinkShort.Identity.TwoFactor;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Sessions;

public static class ConfirmIdentity
{
    public sealed record Request
    {
        public required string Password { get; init; }

        /// <summary>Of the authenticator app; an account with two factors proves both again.</summary>
        public string? Code { get; init; }

        /// <summary>Instead of a code.</summary>
        public string? RecoveryCode { get; init; }
    }

    /// <summary>
    /// Somebody who is signed in proves again who they are, so that <see cref="RecentSignIn"/> lets them pass. Guessing counts as at the
    /// sign-in, and locks like it.
    /// </summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body,
        CurrentUser current,
        UserManager<User> users,
        LoginAttempts attempts,
        FactorCheck factors,
        SessionStore sessions,
        Database database,
        TimeProvider time,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        Password.CheckForm(body.Password, errors);
        var code = body.Code is null && body.RecoveryCode is null ? null : FactorProof.Parse(body.Code, body.RecoveryCode, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (current.SessionId is not { } sessionId || await users.FindByIdAsync(current.Id.ToString()) is not { } user)
        {
            return Problems.Unauthorized.Result();
        }

        if (!EmailAddress.TryParse(user.Email ?? "", out var email, out _))
        {
            throw new InvalidOperationException("An account without an address.");
        }

        var attempt = await attempts.BeginAsync(email, context, cancellationToken);
        if (attempt.Refusal is { } wait)
        {
            return wait;
        }

        // An account of single sign-on has none.
        var password = Password.Compose(body.Password);
        if (user.PasswordHash is null || !await users.CheckPasswordAsync(user, password))
        {
            return await attempts.FailAsync(attempt, user.Id, cancellationToken);
        }

        if (code is not null && await factors.BeginAsync(code, user.Id, cancellationToken) is { } until)
        {
            return factors.Blocked(context, until);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (await attempts.SucceedAsync(work, attempt, user, password, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        string[] methods = [AuthenticationMethods.Password];
        var enrolled = await SecondFactors.OfAsync(work.Connection, work.Transaction, user.Id, cancellationToken);
        if (enrolled.Enabled)
        {
            if (code is null)
            {
                return Problems.TwoFactorRequired.Result("Send a code of the authenticator app, or a recovery code, with the password.", ("methods", enrolled.Methods));
            }

            if (!await factors.AcceptAsync(work, user.Id, code, cancellationToken))
            {
                return Problems.InvalidCode.Result();
            }

            methods = [AuthenticationMethods.Password, AuthenticationMethods.OneTimeCode, AuthenticationMethods.TwoFactors];
        }

        var proof = new AuthenticationProof(methods, time.GetUtcNow());
        if (await sessions.ConfirmAsync(work, user.Id, sessionId, proof, cancellationToken) is not { } tokens)
        {
            return Problems.Unauthorized.Result();
        }

        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(tokens);
    }
}
