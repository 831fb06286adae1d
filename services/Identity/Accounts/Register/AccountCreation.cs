using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Accounts.Register;

/// <param name="Name">Null if the person gave none.</param>
/// <param name="Locale">One of <see cref="Domain.Locale.All"/>.</param>
public sealed record NewAccount(EmailAddress Email, string? Name, string Locale)
{
    /// <summary>Null for an account that signs in otherwise.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>A provider that vouched for the address, which is verified with that; null for none.</summary>
    public string? Provider { get; init; }

    /// <summary>Of the workspace that comes with the account.</summary>
    public string WorkspaceName => Name ?? Email.Value[..Email.Value.LastIndexOf('@')];
}

/// <summary>The one way in which accounts come into being: with a workspace of their own, and the events about both.</summary>
public sealed class AccountCreation(AuditTrail audit, IdentityMetrics metrics, TimeProvider time)
{
    /// <returns>Null if the address has an account, also one that was created at the same moment.</returns>
    public async Task<(Guid UserId, Guid WorkspaceId)?> CreateAsync(UnitOfWork work, NewAccount account, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(account);
        var now = time.GetUtcNow();
        var userId = Guid.CreateVersion7(now);
        var workspaceId = Guid.CreateVersion7(now);
        var created = await work.ExecuteAsync(
            """
            with account as (
                insert into users (id, email, normalized_email, email_confirmed, password_hash, security_stamp, concurrency_stamp, lockout_enabled,
                    access_failed_count, name, locale, created_at, updated_at, version)
                values (@userId, @Value, @Normalized, @IsVerified, @PasswordHash, @Stamp, @Concurrency, true, 0, @Name, @Locale, @now, @now, 1)
                on conflict (normalized_email) do nothing
                returning id),
            workspace as (
                insert into workspaces (id, name, plan, personal_of, created_at, updated_at)
                select @workspaceId, @WorkspaceName, 'free', id, @now, @now from account
                returning id)
            insert into members (workspace_id, user_id, role, joined_at) select id, @userId, 'owner', @now from workspace
            """,
            new
            {
                userId, workspaceId, now, account.Email.Value, account.Email.Normalized, IsVerified = account.Provider is not null, account.PasswordHash,
                Stamp = OneTimeSecret.Create().Value, Concurrency = Guid.NewGuid().ToString(), account.Name, account.Locale, account.WorkspaceName,
            },
            cancellationToken);
        if (created == 0)
        {
            return null;
        }

        work.Publish(new UserRegistered(userId, workspaceId, account.Email.Value, account.Name, account.Locale, now));
        work.Publish(new WorkspaceCreated(workspaceId, userId, account.WorkspaceName, now));
        object details = account.Provider is { } provider ? new { account.Locale, Provider = provider } : new { account.Locale };
        work.Publish(audit.Entry("user.registered", "user", userId, after: details, workspace: workspaceId, actor: userId));
        metrics.Registered();
        return (userId, workspaceId);
    }
}
