using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Throttling;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.RequestedMail;

/// <summary>What strangers can ask a mail for.</summary>
public static class MailRequestKinds
{
    public const string Verification = "verification";
    public const string Reset = "reset";

    /// <summary>Nobody asked, but the owner of the address should know that somebody tried to use it.</summary>
    public const string SignUp = "signUp";
}

/// <summary>
/// Notes that somebody wants a mail to an address. Whether the address has an account is found out afterwards, by
/// <see cref="MailRequestJob"/>: asking takes as long, and does the same, for addresses with and without one. A wish survives any
/// outage behind it.
/// </summary>
public sealed class MailRequests(Database database, Throttle throttle, ThrottlePolicies policies, MailRequestSignal signal, TimeProvider time)
{
    /// <returns>What to answer when this network asks too often; null otherwise, also when the address has had enough mails for now.</returns>
    public async Task<ProblemHttpResult?> AddAsync(string kind, EmailAddress email, HttpContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(email);
        ThrottleKey[] network = policies.NetworkOf(context) is { } from ? [throttle.Key(policies.MailsPerNetwork, from)] : [];
        if (await throttle.CountAsync(network, cancellationToken) is { Refused: true } block)
        {
            return throttle.Answer(block, context);
        }

        // Said to nobody: its owner has the mails of before, and a stranger learns nothing from it.
        if (await throttle.CountAsync([throttle.Key(policies.MailsPerEmail, kind, email.Normalized)], cancellationToken) is not { Refused: true })
        {
            await AddAsync(kind, email, cancellationToken);
        }

        return null;
    }

    /// <summary>One that isn't counted.</summary>
    public async Task AddAsync(string kind, EmailAddress email, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(email);
        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            "insert into mail_wishes (id, kind, normalized_email, created_at) values (@Id, @kind, @Normalized, @now)",
            new { Id = Guid.CreateVersion7(now), kind, email.Normalized, now }, cancellationToken);
        signal.Raise();
    }
}

/// <summary>Wakes the fulfilment in this process.</summary>
public sealed class MailRequestSignal : Signal;
