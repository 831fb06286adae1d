using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>Password and second factor once more, before a change of the factors themselves: a session left open must not be enough for it.</summary>
public sealed class FactorConfirmation(UserManager<User> users, PasswordProof passwords, FactorCheck factors, Database database)
{
    public sealed record Request
    {
        public required string Password { get; init; }

        /// <summary>What the app shows; or else a recovery code.</summary>
        public string? Code { get; init; }

        /// <summary>For who doesn't have the app any more.</summary>
        public string? RecoveryCode { get; init; }
    }

    /// <summary>An account that never had a password (single sign-on) has none to confirm.</summary>
    /// <returns>A transaction in which the account's factors are locked and the code is used up; or what to answer instead.</returns>
    public async Task<(UnitOfWork? Work, ProblemHttpResult? Refusal)> BeginAsync(
        Request body, Guid userId, HttpContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
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
