using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Accounts.RequestedMail;

/// <summary>Handles <see cref="MailRequests"/>, one per transaction. Requests for addresses without an account send nothing.</summary>
public sealed class MailRequestJob(
    Database database,
    MailRequestSignal signal,
    EmailSecrets secrets,
    SecurityNotices notices,
    AuditTrail audit,
    TimeProvider time,
    ILogger<MailRequestJob> logger) : BackgroundJob(What, time, logger)
{
    private const string What = "Sending requested emails";

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    /// <summary>The signal only reaches this process: a request of a replica that has stopped since is found by polling.</summary>
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
        var request = await work.QuerySingleOrDefaultAsync<MailRequest>(
            """
            delete from mail_wishes
            where id = (select id from mail_wishes where id <> all(@Waiting) order by id limit 1 for update skip locked)
            returning id, kind, normalized_email
            """,
            new { _failed.Waiting }, cancellationToken);
        if (request is null)
        {
            return false;
        }

        await _failed.TryAsync(request.Id, () => HandleAsync(work, request, cancellationToken), cancellationToken);
        return true;
    }

    private async Task HandleAsync(UnitOfWork work, MailRequest request, CancellationToken cancellationToken)
    {
        var owner = await work.QuerySingleOrDefaultAsync<MailRecipient>(
            "select id, email, normalized_email, email_confirmed, name, locale from users where normalized_email = @NormalizedEmail for share",
            request, cancellationToken);
        switch (request.Kind)
        {
            case MailRequestKinds.Verification when owner is { EmailConfirmed: false }:
                work.Publish(await secrets.IssueVerificationAsync(work, owner, cancellationToken));
                break;
            case MailRequestKinds.Reset when owner is not null:
                work.Publish(await secrets.IssuePasswordResetAsync(work, owner, cancellationToken));
                work.Publish(audit.Entry("password.resetRequested", "user", owner.Id));
                break;
            case MailRequestKinds.SignUp when owner is not null:
                await notices.RaiseAsync(work, owner.Id, SecurityNoticeKinds.SignUpAttempted, cancellationToken: cancellationToken);
                break;
        }

        await work.CommitAsync(cancellationToken);
    }

    private sealed record MailRequest(Guid Id, string Kind, string NormalizedEmail);
}
