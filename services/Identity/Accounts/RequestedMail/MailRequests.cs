using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Throttling;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.RequestedMail;

/// <summary>Emails that can be requested without signing in.</summary>
public static class MailRequestKinds
{
    public const string Verification = "verification";
    public const string Reset = "reset";

    /// <summary>Not requested: tells the owner of an address that someone tried to sign up with it.</summary>
    public const string SignUp = "signUp";
}

/// <summary>
/// Stores requests for emails. <see cref="MailRequestJob"/> looks up later whether the address has an account, so that the request does the
/// same work, and takes the same time, with and without one. A stored request survives restarts and outages.
/// </summary>
public sealed class MailRequests(Database database, Throttle throttle, ThrottlePolicies policies, MailRequestSignal signal, TimeProvider time)
{
    /// <returns>The refusal when this network sends too many requests; otherwise null, even when the address has reached its limit.</returns>
    public async Task<ProblemHttpResult?> AddAsync(string kind, EmailAddress email, HttpContext context, CancellationToken cancellationToken)
    {
        ThrottleKey[] network = policies.NetworkOf(context) is { } from ? [throttle.Key(policies.MailsPerNetwork, from)] : [];
        if (await throttle.CountAsync(network, cancellationToken) is { Refused: true } block)
        {
            return throttle.Answer(block, context);
        }

        // Not reported: the owner has the earlier emails, and a stranger would learn something about the address.
        if (await throttle.CountAsync([throttle.Key(policies.MailsPerEmail, kind, email.Normalized)], cancellationToken) is not { Refused: true })
        {
            await AddAsync(kind, email, cancellationToken);
        }

        return null;
    }

    /// <summary>Adds a request without counting it.</summary>
    public async Task AddAsync(string kind, EmailAddress email, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            "insert into mail_wishes (id, kind, normalized_email, created_at) values (@Id, @kind, @Normalized, @now)",
            new { Id = Guid.CreateVersion7(now), kind, email.Normalized, now }, cancellationToken);
        signal.Raise();
    }
}

/// <summary>Wakes the job in this process.</summary>
public sealed class MailRequestSignal : Signal;
