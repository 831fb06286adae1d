using LinkShort.Contracts;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Throttling;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.EmailChange;

/// <summary>Starts address changes within the limits of the account and of the new address.</summary>
public sealed class EmailChangeRequests(
    EmailChanges changes, MailRequests mailRequests, Throttle throttle, ThrottlePolicies policies, Database database)
{
    /// <summary>A new address that has an account already gets an email about it, and the response is the same.</summary>
    /// <returns>The refusal; null when the change was started.</returns>
    public async Task<ProblemHttpResult?> StartAsync(User owner, EmailAddress email, HttpContext context, CancellationToken cancellationToken)
    {
        ThrottleKey[] keys =
        [
            throttle.Key(policies.MailsPerEmail, "change", owner.Id.ToString()), throttle.Key(policies.MailsPerEmail, "change", email.Normalized),
        ];
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
            "select exists (select from users where normalized_email = @Normalized)", new { email.Normalized }, cancellationToken);
        await changes.BeginAsync(work, recipient, email, isTaken, cancellationToken);
        await work.CommitAsync(cancellationToken);
        if (isTaken)
        {
            await mailRequests.AddAsync(MailRequestKinds.SignUp, email, cancellationToken);
        }

        return null;
    }
}
