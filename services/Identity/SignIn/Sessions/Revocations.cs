using System.Diagnostics;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>
/// Takes back access tokens before they expire. In the same transaction as whatever took away the access:
/// <c>await revocations.RevokeAsync(work, RevocationKinds.User, userId.ToString(), cancellationToken)</c>. Every service refuses those
/// tokens within a second of the commit. It ends no session and no API key by itself: what they are exchanged for afterwards is valid.
/// </summary>
public sealed class Revocations(IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>How far clocks of an installation may be apart; what services tolerate in <c>exp</c>.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);

    /// <param name="kind">Of <see cref="RevocationKinds"/>.</param>
    /// <param name="subject">Session id, user id, workspace id, API key id; for a member <see cref="MemberSubject"/>.</param>
    /// <param name="issuedTokensOnly">The session or API key isn't at its end: only what was issued until now is refused, and has to be issued anew.</param>
    public async Task RevokeAsync(UnitOfWork work, string kind, string subject, CancellationToken cancellationToken, bool issuedTokensOnly = false)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentException.ThrowIfNullOrEmpty(subject);
        var now = time.GetUtcNow();
        var endsAt = now + options.Value.AccessTokenLifetime + ClockSkew;
        var issuedBefore = kind switch
        {
            // They never come back: no token of theirs is good, whichever replica issued it by whichever clock.
            RevocationKinds.Session or RevocationKinds.ApiKey when !issuedTokensOnly => endsAt,
            // Tokens issued from now on are good, also those of this very request: compared to the millisecond.
            RevocationKinds.Session or RevocationKinds.ApiKey or RevocationKinds.User or RevocationKinds.Member or RevocationKinds.Workspace =>
                DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()),
            _ => throw new UnreachableException($"'{kind}' is no kind of revocation."),
        };
        var revocation = new AccessRevoked(Guid.CreateVersion7(now), kind, subject, issuedBefore, endsAt);
        await work.ExecuteAsync(
            """
            insert into revocations (id, kind, subject, issued_before, ends_at)
            values (@RevocationId, @Kind, @Subject, @IssuedBefore, @EndsAt)
            """,
            revocation, cancellationToken);
        work.Publish(revocation);
    }

    public static string MemberSubject(Guid userId, Guid workspaceId) => $"{userId}:{workspaceId}";
}
