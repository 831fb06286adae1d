using LinkShort.Contracts;
using LinkShort.Identity.Accounts.DisposableEmail;
using LinkShort.Identity.Accounts.EmailVerification;
using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Privacy.Consents;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.Register;

public static class RegisterUser
{
    public sealed record Request
    {
        public required string Email { get; init; }

        public required string Password { get; init; }

        /// <summary>How the person wants to be called; at most 100 characters.</summary>
        public string? Name { get; init; }

        /// <summary>en, ar, es, fr or de; en without.</summary>
        public string? Locale { get; init; }

        /// <summary>What the person agreed to on the way, of the texts of /auth/consents.</summary>
        public IReadOnlyList<ConsentEndpoints.Choice>? Consents { get; init; }
    }

    public sealed record Response(Guid UserId, Guid WorkspaceId, string Email);

    /// <summary>
    /// Account, personal workspace, ownership, the secret that verifies the address and the events about them are one transaction.
    /// An address that is taken is told, or answered as if it weren't, as <see cref="IdentityServiceOptions.RevealTakenEmails"/> says.
    /// </summary>
    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Request body,
        UserManager<User> users,
        AccountCreation accounts,
        SignUpLimits limits,
        DisposableEmailDomains disposable,
        EmailVerifications verifications,
        MailRequests mailRequests,
        AuditTrail audit,
        Features features,
        Database database,
        IOptions<IdentityServiceOptions> options,
        TimeProvider time,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!await features.IsEnabledAsync(ProductFeatures.Registrations, FeatureSubject.Anonymous, cancellationToken))
        {
            return Problems.RegistrationsClosed.Result();
        }

        var errors = new ValidationErrors();
        if (!EmailAddress.TryParse(body.Email, out var email, out var emailError))
        {
            errors.Add("email", emailError);
        }
        else if (disposable.Refuses(email))
        {
            errors.Add("email", DisposableEmailDomains.Error);
        }

        string? name = null;
        if (!string.IsNullOrWhiteSpace(body.Name) && !UnicodeText.TryParseLine(body.Name, User.MaxNameLength, out name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        if (body.Locale is not null && !Locale.All.Contains(body.Locale))
        {
            errors.Add("locale", Locale.Error);
        }

        var consents = body.Consents ?? [];
        ConsentEndpoints.Check(consents, errors);
        var user = new User { Email = email?.Value, Name = name };
        foreach (var message in await Password.ProblemsAsync(users, user, body.Password))
        {
            errors.Add("password", message);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await limits.CountAsync(context, cancellationToken) is { } wait)
        {
            return wait;
        }

        var reveals = options.Value.RevealTakenEmails;
        if (reveals && await users.FindByEmailAsync(email!.Value) is not null)
        {
            return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
        }

        // Before the transaction: hashing takes long on purpose, and would keep a connection waiting. Also for an address that is taken and
        // not told, so that it takes as long.
        var hash = users.PasswordHasher.HashPassword(user, Password.Compose(body.Password));
        var account = new NewAccount(email!, name, body.Locale ?? Locale.Default) { PasswordHash = hash };
        if (await CreateAsync(account) is { } created)
        {
            return Answer(created.UserId, created.WorkspaceId);
        }

        if (reveals)
        {
            // Two sign-ups with one address at once: this one came second.
            return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
        }

        await mailRequests.AddAsync(MailRequestKinds.SignUp, email!, cancellationToken);
        return Answer(Guid.CreateVersion7(time.GetUtcNow()), Guid.CreateVersion7(time.GetUtcNow()));

        async Task<(Guid UserId, Guid WorkspaceId)?> CreateAsync(NewAccount account)
        {
            await using var work = await database.BeginAsync(cancellationToken);
            if (await accounts.CreateAsync(work, account, cancellationToken) is not { } created)
            {
                return null;
            }

            var recipient = new MailRecipient(created.UserId, account.Email.Value, account.Email.Normalized, EmailConfirmed: false, account.Name, account.Locale);
            work.Publish(await verifications.IssueAsync(work, recipient, cancellationToken));
            foreach (var choice in consents)
            {
                await ConsentEndpoints.RecordAsync(work, created.UserId, choice, time.GetUtcNow(), context, cancellationToken);
                work.Publish(audit.Entry("consent.decided", "user", created.UserId, after: choice, actor: created.UserId) with { WorkspaceId = null });
            }

            await work.CommitAsync(cancellationToken);
            return created;
        }

        Created<Response> Answer(Guid userId, Guid workspaceId) => TypedResults.Created("/api/v1/me", new Response(userId, workspaceId, email!.Value));
    }
}
