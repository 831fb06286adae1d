using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Plans;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Accounts.Register;

/// <param name="Name">Null if the user gave none.</param>
/// <param name="Locale">One of <see cref="Domain.Locale.All"/>.</param>
public sealed record NewAccount(EmailAddress Email, string? Name, string Locale)
{
    /// <summary>Null for an account without a password.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>The provider that verified the address; null for an unverified one.</summary>
    public string? Provider { get; init; }

    /// <summary>The invitation whose email verified the address; null without one.</summary>
    public Guid? InvitationId { get; init; }

    public bool IsVerified => Provider is not null || InvitationId is not null;

    /// <summary>The name of the account's personal workspace.</summary>
    public string WorkspaceName => Name ?? Email.Value[..Email.Value.LastIndexOf('@')];
}

/// <summary>Creates accounts, each with its personal workspace and the events about both.</summary>
public sealed class AccountCreation(AuditTrail audit, IdentityMetrics metrics, TimeProvider time)
{
    /// <returns>Null if the address has an account, even one created concurrently.</returns>
    public async Task<(Guid UserId, Guid WorkspaceId)?> CreateAsync(UnitOfWork work, NewAccount account, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var userId = Guid.CreateVersion7(now);
        var workspaceId = Guid.CreateVersion7(now);
        var plan = await WorkspacePlans.OfAsync(work.Connection, WorkspacePlans.Default, cancellationToken);
        var created = await work.ExecuteAsync(
            """
            with account as (
                insert into users (id, email, normalized_email, email_confirmed, password_hash, security_stamp, concurrency_stamp,
                    name, locale, created_at, updated_at, version)
                values (@userId, @Value, @Normalized, @IsVerified, @PasswordHash, @Stamp, @Concurrency, @Name, @Locale, @now, @now, 1)
                on conflict (normalized_email) do nothing
                returning id),
            workspace as (
                insert into workspaces (id, name, plan, api_limit_factor, personal_of, created_at, updated_at)
                select @workspaceId, @WorkspaceName, @Plan, @ApiLimitFactor, id, @now, @now from account
                returning id)
            insert into members (workspace_id, user_id, role, joined_at) select id, @userId, 'owner', @now from workspace
            """,
            new
            {
                userId, workspaceId, now, account.Email.Value, account.Email.Normalized, account.IsVerified, account.PasswordHash,
                Stamp = OneTimeSecret.Create().Value, Concurrency = Guid.NewGuid().ToString(), account.Name, account.Locale, account.WorkspaceName,
                plan.Plan, plan.ApiLimitFactor,
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
