using LinkShort.Contracts;
using LinkShort.Identity.Accounts.DisposableEmail;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Login;
using LinkShort.Identity.SignIn.Throttling;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Accounts.EmailChange;

public static class RequestEmailChange
{
    public sealed record Request
    {
        /// <summary>What the address is to be.</summary>
        public required string Email { get; init; }

        public required string Password { get; init; }
    }

    /// <summary>
    /// Asks both addresses by mail; nothing changes before both have confirmed. An address that another account has gets the same answer,
    /// and its owner a mail.
    /// </summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body,
        CurrentUser caller,
        UserManager<User> users,
        PasswordProof proof,
        DisposableEmailDomains disposable,
        EmailChanges changes,
        MailRequests mailRequests,
        Throttle throttle,
        ThrottlePolicies policies,
        Database database,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (!EmailAddress.TryParse(body.Email, out var email, out var emailError))
        {
            errors.Add("email", emailError);
        }
        else if (disposable.Refuses(email))
        {
            errors.Add("email", DisposableEmailDomains.Error);
        }

        Password.CheckForm(body.Password, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var owner = await users.FindByIdAsync(caller.Id.ToString());
        if (owner is null)
        {
            return Problems.Unauthorized.Result();
        }

        if (await proof.CheckAsync(owner, body.Password, "password", context, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (owner.NormalizedEmail == email!.Normalized)
        {
            return ValidationErrors.Of("email", "This is already your email address.");
        }

        ThrottleKey[] keys = [throttle.Key(policies.MailsPerEmail, "change", caller.Id.ToString()), throttle.Key(policies.MailsPerEmail, "change", email.Normalized)];
        if (await throttle.CountAsync(keys, cancellationToken) is { Refused: true } block)
        {
            return throttle.Answer(block, context);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var recipient = await work.QuerySingleOrDefaultAsync<MailRecipient>(
            "select id, email, normalized_email, email_confirmed, name, locale from users where id = @Id for update",
            new { owner.Id }, cancellationToken);
        if (recipient is null)
        {
            return Problems.Unauthorized.Result();
        }

        var isTaken = await work.ExecuteScalarAsync<bool>(
            "select exists (select from users where normalized_email = @Normalized)", new { email.Normalized },
            cancellationToken);
        await changes.BeginAsync(work, recipient, email, isTaken, cancellationToken);
        await work.CommitAsync(cancellationToken);
        if (isTaken)
        {
            await mailRequests.AddAsync(MailRequestKinds.SignUp, email, cancellationToken);
        }

        return TypedResults.NoContent();
    }
}
