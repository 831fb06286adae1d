using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Identity.AuditLog;

/// <summary>Appends the entries of all services.</summary>
public sealed class AuditRecordedConsumer(Database database, AuditChains chains) : InboxConsumer<AuditRecorded>(database)
{
    protected override Task HandleAsync(AuditRecorded message, UnitOfWork work, CancellationToken cancellationToken) =>
        chains.AppendAsync(work, message, cancellationToken);
}
