using LinkShort.Contracts;
using LinkShort.Identity.Consents;
using LinkShort.Identity.DisposableEmail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.EmailVerification;
using LinkShort.Identity.RequestedMail;
using LinkShort.Identity.Storage;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Identity.Register;

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
    /// An address that is taken is told, or answered as if it weren't, as <see cref="IdentitySettings.RevealTakenEmails"/> says.
    /// </summary>
    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Request body,
        UserManager<User> users,
        AccountsContext accounts,
        SignUpLimits limits,
        DisposableEmailDomains disposable,
        EmailVerifications verifications,
        MailWishes wishes,
        AuditTrail audit,
        Features features,
        OutboxSignal outbox,
        Telemetry telemetry,
        IOptions<IdentitySettings> settings,
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
        var now = time.GetUtcNow();
        var user = new User
        {
            Id = Guid.CreateVersion7(now),
            Email = email?.Value,
            Name = name,
            Locale = body.Locale ?? Locale.Default,
            CreatedAt = now,
            UpdatedAt = now,
        };
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

        var reveals = settings.Value.RevealTakenEmails;
        if (reveals && await users.FindByEmailAsync(email!.Value) is not null)
        {
            return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
        }

        // Before the transaction: hashing takes long on purpose, and would keep a connection waiting. Also for an address that is taken and
        // not told, so that it takes as long.
        user.PasswordHash = users.PasswordHasher.HashPassword(user, Password.Compose(body.Password));
        var workspace = new Workspace
        {
            Id = Guid.CreateVersion7(now),
            Name = name ?? email!.Value[..email.Value.LastIndexOf('@')],
            PersonalOf = user.Id,
            CreatedAt = now,
        };

        await using var transaction = await accounts.Database.BeginTransactionAsync(cancellationToken);
        accounts.Add(workspace);
        accounts.Add(new Member { WorkspaceId = workspace.Id, UserId = user.Id, Role = "owner", JoinedAt = now });
        try
        {
            var created = await users.CreateAsync(user);
            if (!created.Succeeded)
            {
                throw new InvalidOperationException($"ASP.NET Core Identity refused the account: {created}.");
            }
        }
        catch (DbUpdateException exception) when (exception.InnerException is PostgresException { ConstraintName: "users_normalized_email" })
        {
            if (reveals)
            {
                // Two sign-ups with one address at once: this one came second.
                return await limits.CountTakenAsync(context, cancellationToken) ?? Problems.EmailTaken.Result();
            }

            await wishes.AddAsync(MailWishKinds.SignUp, email!, cancellationToken);
            return TypedResults.Created("/api/v1/me", new Response(user.Id, workspace.Id, email!.Value));
        }

        var connection = (NpgsqlConnection)accounts.Database.GetDbConnection();
        var inner = (NpgsqlTransaction)transaction.GetDbTransaction();
        var recipient = new MailRecipient(user.Id, email!.Value, email.Normalized, EmailConfirmed: false, name, user.Locale);
        var verification = await verifications.IssueAsync(connection, inner, recipient, cancellationToken);
        foreach (var choice in consents)
        {
            await ConsentEndpoints.NoteAsync(connection, inner, user.Id, choice, now, context, cancellationToken);
        }

        await Outbox.WriteAsync(
            connection,
            inner,
            [
                new UserRegistered(user.Id, workspace.Id, email.Value, name, user.Locale, now),
                new WorkspaceCreated(workspace.Id, user.Id, workspace.Name, now),
                verification,
                audit.Entry("user.registered", "user", user.Id, after: new { user.Locale }, workspace: workspace.Id, actor: user.Id),
                .. consents.Select(choice => audit.Entry("consent.decided", "user", user.Id, after: choice, actor: user.Id) with { WorkspaceId = null }),
            ],
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        outbox.Raise();
        telemetry.Registered();
        return TypedResults.Created("/api/v1/me", new Response(user.Id, workspace.Id, email.Value));
    }
}
