using LinkShort.Contracts;
using LinkShort.Identity.Accounts.EmailVerification;
using LinkShort.Identity.Accounts.PasswordReset;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Accounts.RequestedMail;

/// <summary>Makes mails of mailRequests, one per transaction; those to addresses without an account come to nothing.</summary>
public sealed class MailRequestJob(
    Database database,
    MailRequestSignal signal,
    EmailVerifications verifications,
    PasswordResets resets,
    SecurityNotices notices,
    AuditTrail audit,
    TimeProvider time,
    ILogger<MailRequestJob> logger) : BackgroundJob(What, time, logger)
{
    private const string What = "Writing mails that were asked for";

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    /// <summary>For mailRequests that another replica noted and then stopped.</summary>
    protected override TimeSpan Interval => TimeSpan.FromSeconds(2);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await HandleNextAsync(cancellationToken))
        {
        }
    }

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => signal.WaitAsync(atMost, cancellationToken);

    private async Task<bool> HandleNextAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var wish = await work.QuerySingleOrDefaultAsync<Wish>(
            """
            delete from mail_wishes
            where id = (select id from mail_wishes where id <> all(@Waiting) order by id limit 1 for update skip locked)
            returning id, kind, normalized_email
            """,
            new { _failed.Waiting }, cancellationToken);
        if (wish is null)
        {
            return false;
        }

        await _failed.TryAsync(wish.Id, () => HandleAsync(work, wish, cancellationToken), cancellationToken);
        return true;
    }

    private async Task HandleAsync(UnitOfWork work, Wish wish, CancellationToken cancellationToken)
    {
        var owner = await work.QuerySingleOrDefaultAsync<MailRecipient>(
            "select id, email, normalized_email, email_confirmed, name, locale from users where normalized_email = @NormalizedEmail for share",
            wish, cancellationToken);
        switch (wish.Kind)
        {
            case MailRequestKinds.Verification when owner is { EmailConfirmed: false }:
                work.Publish(await verifications.IssueAsync(work, owner, cancellationToken));
                break;
            case MailRequestKinds.Reset when owner is not null:
                work.Publish(await resets.IssueAsync(work, owner, cancellationToken));
                work.Publish(audit.Entry("password.resetRequested", "user", owner.Id));
                break;
            case MailRequestKinds.SignUp when owner is not null:
                await notices.RaiseAsync(work, owner.Id, SecurityNoticeKinds.SignUpAttempted, cancellationToken: cancellationToken);
                break;
        }

        await work.CommitAsync(cancellationToken);
    }

    private sealed record Wish(Guid Id, string Kind, string NormalizedEmail);
}

/// <summary>Whom a mail is written to.</summary>
public sealed record MailRecipient(Guid Id, string Email, string NormalizedEmail, bool EmailConfirmed, string? Name, string Locale);
