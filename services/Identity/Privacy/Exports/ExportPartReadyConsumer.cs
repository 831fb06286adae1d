using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Identity.Privacy.Exports;

/// <summary>Records that a service's part can be fetched. <see cref="ExportAssembly"/> does so once all are ready.</summary>
public sealed class ExportPartReadyConsumer(Database database) : InboxConsumer<ExportPartReady>(database)
{
    protected override Task HandleAsync(ExportPartReady message, UnitOfWork work, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            """
            insert into export_reports (export_id, service)
            select @ExportId, @Service from exports where id = @ExportId
            on conflict (export_id, service) do nothing
            """,
            message, cancellationToken);
    }
}
