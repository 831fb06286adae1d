using System.Diagnostics;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>
/// Revokes access tokens before they expire, in the transaction that ends the access:
/// <c>await revocations.RevokeAsync(work, RevocationKinds.User, userId.ToString(), cancellationToken)</c>. Every service refuses the
/// tokens within a second of the commit. Sessions and API keys don't end by it: tokens issued for them afterwards are valid.
/// </summary>
public sealed class Revocations(IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>The clock difference that services tolerate in <c>exp</c>.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);

    /// <param name="kind">Of <see cref="RevocationKinds"/>.</param>
    /// <param name="subject">The id of a session, user, workspace or API key; for a member <see cref="MemberSubject"/>.</param>
    /// <param name="issuedTokensOnly">The session or API key itself remains valid: only tokens issued until now are refused.</param>
    public async Task RevokeAsync(UnitOfWork work, string kind, string subject, CancellationToken cancellationToken, bool issuedTokensOnly = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        var now = time.GetUtcNow();
        var endsAt = now + options.Value.AccessTokenLifetime + ClockSkew;
        var issuedBefore = kind switch
        {
            // Ended for good: every token is refused, including those of replicas whose clocks differ.
            RevocationKinds.Session or RevocationKinds.ApiKey when !issuedTokensOnly => endsAt,
            // Tokens issued from now on are valid, even those of this request: the comparison is to the millisecond.
            RevocationKinds.Session or RevocationKinds.ApiKey or RevocationKinds.User or RevocationKinds.Member or RevocationKinds.Workspace =>
                DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()),
            _ => throw new UnreachableException($"Unknown kind of revocation '{kind}'."),
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
