using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Billing.Revenue;

/// <summary>Remembers when personal workspaces were created, for conversion by cohort. No address or name is kept.</summary>
public sealed class UserRegisteredConsumer(Database database) : InboxConsumer<UserRegistered>(database)
{
    protected override Task HandleAsync(UserRegistered message, UnitOfWork work, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            "insert into sign_ups (workspace_id, registered_at) values (@WorkspaceId, @RegisteredAt) on conflict do nothing",
            new { message.WorkspaceId, message.RegisteredAt }, cancellationToken);
}
