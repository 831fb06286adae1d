using LinkShort.Contracts;
using LinkShort.Identity.Accounts.DisposableEmail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Accounts.EmailChange;

public static class RequestEmailChange
{
    public sealed record Request
    {
        /// <summary>The new address.</summary>
        public required string Email { get; init; }

        /// <summary>Optional, as a recent sign-in is required. If sent, it must be the account's.</summary>
        public string? Password { get; init; }
    }

    /// <summary>Emails both addresses; nothing changes until both have confirmed. The response is the same for an address of another account.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser caller, UserManager<User> users, PasswordProof proof, DisposableEmailDomains disposable, EmailChangeRequests requests,
        HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (!disposable.TryAccept(body.Email, out var email, out var emailError))
        {
            errors.Add("email", emailError);
        }

        if (body.Password is not null)
        {
            Password.CheckForm(body.Password, errors);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        var owner = await users.FindByIdAsync(caller.Id.ToString());
        if (owner is null)
        {
            return Problems.Unauthorized.Result();
        }

        if (body.Password is { } password && await proof.CheckAsync(owner, password, "password", context, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (owner.NormalizedEmail == email!.Normalized)
        {
            return ValidationErrors.Of("email", IdentityTexts.Of("accounts.sameEmail"));
        }

        return await requests.StartAsync(owner, email, context, cancellationToken) is { } refused ? refused : TypedResults.NoContent();
    }
}
