using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>Writes this service's part of an export.</summary>
public sealed class ExportRequestedConsumer(Database database, DataMap map, TimeProvider time) : InboxConsumer<ExportRequested>(database)
{
    protected override async Task HandleAsync(ExportRequested message, UnitOfWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var (zip, rows) = await ExportPart.WriteAsync(map, work.Connection, work.Transaction, message.UserId, message.Workspaces, cancellationToken);
        await work.ExecuteAsync(
            """
            insert into export_parts (export_id, user_id, body, created_at) values (@ExportId, @UserId, @zip, @Now)
            on conflict (export_id) do update set body = excluded.body
            """,
            new { message.ExportId, message.UserId, zip, Now = time.GetUtcNow() }, cancellationToken);
        work.Publish(new ExportPartReady(message.ExportId, map.Service, rows));
    }
}

/// <summary>Deletes this service's part after the export was assembled.</summary>
public sealed class ExportClosedConsumer(Database database) : InboxConsumer<ExportClosed>(database)
{
    protected override Task HandleAsync(ExportClosed message, UnitOfWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return work.ExecuteAsync(
            "delete from export_parts where export_id = @ExportId", new { message.ExportId }, cancellationToken);
    }
}

/// <summary>Erases a person and confirms it.</summary>
public sealed class UserErasedConsumer(Database database, DataMap map, PersonalDataErasure erasure, TimeProvider time) : InboxConsumer<UserErased>(database)
{
    protected override async Task HandleAsync(UserErased message, UnitOfWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var counts = await erasure.EraseAsync(work, new Forgotten(message.UserId, message.Workspaces), cancellationToken);
        work.Publish(new ErasureCompleted(message.ErasureId, map.Service, counts, time.GetUtcNow()));
    }
}
