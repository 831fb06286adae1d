using LinkShort.Contracts;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Privacy.Consents;
using LinkShort.Identity.Workspaces.Invitations;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Accounts.Register;

/// <summary>
/// Creates accounts within the limits of the caller's address and network. Whether an address has an account already is reported, or
/// hidden behind an ordinary response, as <see cref="IdentityServiceOptions.RevealTakenEmails"/> configures.
/// </summary>
public sealed class SignUp(
    AccountCreation accounts, OpenInvitations invitations, SignUpLimits limits, EmailSecrets secrets, MailRequests mailRequests, AuditTrail audit, Database database,
    TimeProvider time)
{
    /// <param name="Consents">Checked by <see cref="ConsentEndpoints.Check(IReadOnlyList{ConsentEndpoints.Choice}, ValidationErrors)"/>.</param>
    /// <param name="InvitationToken">As sent; null without an invitation.</param>
    public sealed record Entry(string Password, IReadOnlyList<ConsentEndpoints.Choice> Consents, string? InvitationToken);

    /// <summary>Adds the error of a taken address to those of other fields, if taken addresses are reported.</summary>
    /// <returns>The refusal of a network that discovered too many; null within the limits.</returns>
    public async Task<ProblemHttpResult?> CheckTakenAsync(
        EmailAddress email, ValidationErrors errors, UserManager<User> users, HttpContext context, CancellationToken cancellationToken)
    {
        if (!limits.RevealTaken || await users.FindByEmailAsync(email.Value) is null)
        {
            return null;
        }

        errors.Add("email", IdentityTexts.Of("accounts.emailTaken"));
        return await limits.CountTakenAsync(context, cancellationToken);
    }

    public async Task<Results<Created<RegisterUser.Response>, ProblemHttpResult>> RegisterAsync(
        NewAccount account, Entry entry, UserManager<User> users, HttpContext context, CancellationToken cancellationToken)
    {
        byte[]? invitation = null;
        if (entry.InvitationToken is { } token && !OneTimeSecret.TryHash(token, out invitation))
        {
            return Problems.InvitationInvalid.Result();
        }

        if (await limits.CountAsync(context, cancellationToken) is { } wait)
        {
            return wait;
        }

        var reveals = limits.RevealTaken;
        if (reveals && await users.FindByEmailAsync(account.Email.Value) is not null)
        {
            return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
        }

        // Before the transaction: hashing is slow by design and would hold a connection. Also for a hidden taken address, so that it takes
        // as long.
        var hash = users.PasswordHasher.HashPassword(new User(), PasswordText.Compose(entry.Password));
        var result = await CreateAsync(account with { PasswordHash = hash }, entry.Consents, invitation, context, cancellationToken);
        if (result.Refusal is { } refusal)
        {
            return refusal;
        }

        if (result.Created is { } created)
        {
            return Created(created.UserId, created.WorkspaceId, account, result.Joined);
        }

        // The bearer of the token receives the address's mail, so there is nothing to hide.
        if (reveals || invitation is not null)
        {
            // A concurrent sign-up with the same address was first.
            return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
        }

        await mailRequests.AddAsync(MailRequestKinds.SignUp, account.Email, cancellationToken);
        return Created(Guid.CreateVersion7(time.GetUtcNow()), Guid.CreateVersion7(time.GetUtcNow()), account, null);
    }

    /// <summary>
    /// Account, personal workspace, ownership, the secret that verifies the address or the membership that an invitation grants, and their events
    /// are one transaction.
    /// </summary>
    /// <param name="hash">Of the invitation's token; null without one.</param>
    private async Task<Result> CreateAsync(
        NewAccount account, IReadOnlyList<ConsentEndpoints.Choice> consents, byte[]? hash, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var invitation = hash is null ? null : await invitations.LockAsync(work, hash, cancellationToken);
        if (hash is not null && invitation is null)
        {
            return new Result(Problems.InvitationInvalid.Result());
        }

        if (invitation is not null && invitation.NormalizedEmail != account.Email.Normalized)
        {
            return new Result(Problems.InvitationForSomebodyElse.Result());
        }

        if (await accounts.CreateAsync(work, account with { InvitationId = invitation?.Id }, cancellationToken) is not { } created)
        {
            return new Result(null);
        }

        if (invitation is null)
        {
            var recipient = new MailRecipient(created.UserId, account.Email.Value, account.Email.Normalized, EmailConfirmed: false, account.Name, account.Locale);
            work.Publish(await secrets.IssueVerificationAsync(work, recipient, cancellationToken));
        }
        else if (await invitations.AcceptAsync(work, invitation, created.UserId, sessionId: null, cancellationToken) is { } otherwise)
        {
            return new Result(otherwise);
        }

        foreach (var choice in consents)
        {
            await ConsentEndpoints.RecordAsync(work, created.UserId, choice, time.GetUtcNow(), context, cancellationToken);
            work.Publish(audit.Entry("consent.decided", "user", created.UserId, after: choice, actor: created.UserId) with { WorkspaceId = null });
        }

        await work.CommitAsync(cancellationToken);
        return new Result(null, created, invitation?.WorkspaceId);
    }

    private static Created<RegisterUser.Response> Created(Guid userId, Guid workspaceId, NewAccount account, Guid? joined) =>
        TypedResults.Created("/api/v1/me", new RegisterUser.Response(userId, workspaceId, account.Email.Value, joined));

    /// <summary>Neither refusal nor account: the address is taken.</summary>
    private sealed record Result(ProblemHttpResult? Refusal, (Guid UserId, Guid WorkspaceId)? Created = null, Guid? Joined = null);
}
