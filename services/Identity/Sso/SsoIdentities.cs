using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Sso;

/// <summary>
/// Links between accounts and providers' subjects. The key is (provider, issuer, subject), never the address, because addresses are
/// reassigned; it includes the provider, because a subject is only valid for the client that received it.
/// </summary>
public sealed class SsoIdentities(SecurityNotices notices, AuditTrail audit, UserSessions sessions, TimeProvider time)
{
    /// <summary>
    /// Locks the account and the link until the transaction ends, so that a concurrent disconnection waits for the sign-in. The account
    /// first, as everywhere: in the other order, concurrent first sign-ins of a user deadlock.
    /// </summary>
    /// <param name="locksAccount">False for a caller that has locked an account: two that lock each other's second would deadlock.</param>
    public static async Task<SsoIdentity?> FindAsync(
        UnitOfWork work, SsoProvider provider, ProviderClaims claims, bool locksAccount, CancellationToken cancellationToken)
    {
        var key = new { provider.Key, claims.Issuer, claims.Subject };
        var userId = await work.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the provider is the proof, and identifies the user
            select user_id from sso_identities where provider = @Key and issuer = @Issuer and subject = @Subject
            """,
            key, cancellationToken);
        if (userId is null)
        {
            return null;
        }

        if (locksAccount)
        {
            // As strong as the lock of a sign-up through the provider, which may follow: two sign-ins that share a weaker one can't both raise it.
            await work.ExecuteAsync("select from users where id = @userId for no key update", new { userId }, cancellationToken);
        }

        return await work.QuerySingleOrDefaultAsync<SsoIdentity>(
            """
            -- every workspace: the provider is the proof, and identifies the user
            select id, user_id, provider from sso_identities
            where provider = @Key and issuer = @Issuer and subject = @Subject
            for update
            """,
            key, cancellationToken);
    }

    public async Task RecordUseAsync(UnitOfWork work, Guid identityId, ProviderClaims claims, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            // every workspace: it was read by its key in this transaction
            "update sso_identities set last_used_at = @Now, email = coalesce(@Email, email) where id = @identityId",
            new { identityId, Email = EmailOf(claims), Now = time.GetUtcNow() }, cancellationToken);
    }

    /// <param name="how">For the audit log: created, byAddress, byOwner.</param>
    /// <returns>False when the user is linked to another subject of this provider, or the subject to another account.</returns>
    public async Task<bool> LinkAsync(UnitOfWork work, Guid userId, SsoProvider provider, ProviderClaims claims, string how, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var linked = await work.ExecuteAsync(
            """
            insert into sso_identities (id, user_id, provider, workspace_id, issuer, subject, email, linked_at, last_used_at)
            values (@Id, @userId, @Key, @WorkspaceId, @Issuer, @Subject, @Email, @now, @now)
            on conflict do nothing
            """,
            new
            {
                Id = Guid.CreateVersion7(now), userId, provider.Key, WorkspaceId = provider.Workspace?.Id, claims.Issuer, claims.Subject,
                Email = EmailOf(claims), now,
            },
            cancellationToken) == 1;
        if (!linked)
        {
            return false;
        }

        work.Publish(audit.Entry(
            "sso.linked", "user", userId, after: new { Provider = provider.DisplayName, claims.Issuer, how }, workspace: provider.Workspace?.Id, actor: userId)
            with { WorkspaceId = provider.Workspace?.Id });
        await notices.RaiseAsync(work, userId, SecurityNoticeKinds.SsoLinked, provider.DisplayName, cancellationToken: cancellationToken);
        return true;
    }

    /// <summary>Also ends the user's sessions that were started through it.</summary>
    public async Task UnlinkAsync(UnitOfWork work, SsoIdentity identity, string displayName, Guid? except, CancellationToken cancellationToken)
    {
        var ended = await work.QueryAsync<Guid>(
            """
            -- every workspace: a user's sessions are theirs in all of them
            delete from sso_identities where id = @Id;
            select id from sessions
            where user_id = @UserId and sso_provider = @Provider and revoked_at is null and expires_at > @Now and id is distinct from @except;
            """,
            new { identity.Id, identity.UserId, identity.Provider, except, Now = time.GetUtcNow() }, cancellationToken);
        foreach (var session in ended)
        {
            await sessions.EndAsync(work, identity.UserId, session, cancellationToken);
        }

        var workspaceId = Guid.TryParseExact(identity.Provider, "D", out var workspace) ? workspace : (Guid?)null;
        work.Publish(audit.Entry("sso.unlinked", "user", identity.UserId, before: new { Provider = displayName }, workspace: workspaceId) with { WorkspaceId = workspaceId });
        await notices.RaiseAsync(work, identity.UserId, SecurityNoticeKinds.SsoUnlinked, displayName, cancellationToken: cancellationToken);
    }

    /// <summary>Only for display. Anything but a valid address isn't stored.</summary>
    private static string? EmailOf(ProviderClaims claims) =>
        claims.Email is { } email && Domain.EmailAddress.TryParse(email, out var address, out _) ? address.Value : null;
}

public sealed record SsoIdentity(Guid Id, Guid UserId, string Provider);
