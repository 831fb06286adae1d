using LinkShort.Contracts;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Privacy.Consents;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.Register;

/// <summary>
/// Creates accounts within the limits of the caller's address and network. Whether an address has an account already is reported, or
/// hidden behind an ordinary response, as <see cref="IdentityServiceOptions.RevealTakenEmails"/> configures.
/// </summary>
public sealed class SignUp(
    AccountCreation accounts, SignUpLimits limits, EmailSecrets secrets, MailRequests mailRequests, AuditTrail audit, Database database,
    IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    public async Task<Results<Created<RegisterUser.Response>, ProblemHttpResult>> RegisterAsync(
        NewAccount account, string password, IReadOnlyList<ConsentEndpoints.Choice> consents, UserManager<User> users, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (await limits.CountAsync(context, cancellationToken) is { } wait)
        {
            return wait;
        }

        var reveals = options.Value.RevealTakenEmails;
        if (reveals && await users.FindByEmailAsync(account.Email.Value) is not null)
        {
            return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
        }

        // Before the transaction: hashing is slow by design and would hold a connection. Also for a hidden taken address, so that it takes
        // as long.
        var hash = users.PasswordHasher.HashPassword(new User(), PasswordText.Compose(password));
        if (await CreateAsync(account with { PasswordHash = hash }, consents, context, cancellationToken) is { } created)
        {
            return Created(created.UserId, created.WorkspaceId, account);
        }

        if (reveals)
        {
            // A concurrent sign-up with the same address was first.
            return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
        }

        await mailRequests.AddAsync(MailRequestKinds.SignUp, account.Email, cancellationToken);
        return Created(Guid.CreateVersion7(time.GetUtcNow()), Guid.CreateVersion7(time.GetUtcNow()), account);
    }

    /// <summary>Account, personal workspace, ownership, the secret that verifies the address and their events are one transaction.</summary>
    private async Task<(Guid UserId, Guid WorkspaceId)?> CreateAsync(
        NewAccount account, IReadOnlyList<ConsentEndpoints.Choice> consents, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await accounts.CreateAsync(work, account, cancellationToken) is not { } created)
        {
            return null;
        }

        var recipient = new MailRecipient(created.UserId, account.Email.Value, account.Email.Normalized, EmailConfirmed: false, account.Name, account.Locale);
        work.Publish(await secrets.IssueVerificationAsync(work, recipient, cancellationToken));
        foreach (var choice in consents)
        {
            await ConsentEndpoints.RecordAsync(work, created.UserId, choice, time.GetUtcNow(), context, cancellationToken);
            work.Publish(audit.Entry("consent.decided", "user", created.UserId, after: choice, actor: created.UserId) with { WorkspaceId = null });
        }

        await work.CommitAsync(cancellationToken);
        return created;
    }

    private static Created<RegisterUser.Response> Created(Guid userId, Guid workspaceId, NewAccount account) =>
        TypedResults.Created("/api/v1/me", new RegisterUser.Response(userId, workspaceId, account.Email.Value));
}
