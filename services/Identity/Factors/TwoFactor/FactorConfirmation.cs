using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>Requires password and second factor before a change of the factors themselves: an unattended session must not be enough.</summary>
public sealed class FactorConfirmation(UserManager<User> users, PasswordProof passwords, FactorCheck factors, Database database)
{
    public sealed record Request
    {
        public required string Password { get; init; }

        /// <summary>A code from the app; or else a recovery code.</summary>
        public string? Code { get; init; }

        /// <summary>For users who have lost the app.</summary>
        public string? RecoveryCode { get; init; }
    }

    /// <summary>An account without a password (single sign-on) needs a recent sign-in and the code.</summary>
    /// <returns>A transaction in which the account's factors are locked and the code is used up; or the refusal.</returns>
    public async Task<(UnitOfWork? Work, ProblemHttpResult? Refusal)> BeginAsync(
        Request body, Guid userId, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var proof = FactorProof.Parse(body.Code, body.RecoveryCode, errors);
        Password.CheckForm(body.Password, errors);
        if (errors.Any)
        {
            return (null, errors.ToResult());
        }

        if (await users.FindByIdAsync(userId.ToString()) is not { } user)
        {
            return (null, Problems.Unauthorized.Result());
        }

        if (user.PasswordHash is null && !RecentSignIn.IsRecent(context))
        {
            return (null, Problems.RecentSignInRequired.Result());
        }

        if (user.PasswordHash is not null && await passwords.CheckAsync(user, body.Password, "password", context, cancellationToken) is { } refusal)
        {
            return (null, refusal);
        }

        if (await factors.BeginAsync(proof, userId, cancellationToken) is { } until)
        {
            return (null, factors.Blocked(context, until));
        }

        var work = await database.BeginAsync(cancellationToken);
        try
        {
            await SecondFactors.LockAsync(work, userId, cancellationToken);
            if (await factors.AcceptAsync(work, userId, proof, cancellationToken))
            {
                return (work, null);
            }
        }
        catch
        {
            await work.DisposeAsync();
            throw;
        }

        await work.DisposeAsync();
        return (null, ValidationErrors.Of(proof.Field, FactorProof.WrongCode));
    }
}
