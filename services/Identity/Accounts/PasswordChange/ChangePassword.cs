using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Accounts.PasswordChange;

public static class ChangePassword
{
    public sealed record Request
    {
        public required string CurrentPassword { get; init; }

        public required string NewPassword { get; init; }
    }

    /// <summary>Ends every session but the caller's. Wrong current passwords count like those of a sign-in.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser caller, UserManager<User> users, PasswordProof proof, Database database, PasswordChanges changes, HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        Password.CheckForm(body.CurrentPassword, errors, "currentPassword");
        var owner = await users.FindByIdAsync(caller.Id.ToString());
        if (owner is null)
        {
            return Problems.Unauthorized.Result();
        }

        foreach (var message in await Password.ProblemsAsync(users, owner, body.NewPassword))
        {
            errors.Add("newPassword", message);
        }

        if (!errors.Any && PasswordText.Compose(body.NewPassword) == PasswordText.Compose(body.CurrentPassword))
        {
            errors.Add("newPassword", IdentityTexts.Of("accounts.samePassword"));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await proof.CheckAsync(owner, body.CurrentPassword, "currentPassword", context, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var passwordHash = users.PasswordHasher.HashPassword(owner, PasswordText.Compose(body.NewPassword));
        await using var work = await database.BeginAsync(cancellationToken);
        var current = await work.ExecuteScalarAsync<string?>(
            "select password_hash from users where id = @Id for update", new { owner.Id }, cancellationToken);
        if (current != owner.PasswordHash)
        {
            // A concurrent change was first, so the current password sent here no longer is.
            return ValidationErrors.Of("currentPassword", PasswordProof.Wrong);
        }

        await changes.ChangeAsync(work, owner.Id, passwordHash, caller.SessionId, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
