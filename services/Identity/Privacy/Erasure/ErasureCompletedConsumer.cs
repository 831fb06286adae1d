using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Identity.Privacy.Erasure;

/// <summary>Adds a service's erasure to the receipt, which is complete once all services have reported.</summary>
public sealed class ErasureCompletedConsumer(Database database) : InboxConsumer<ErasureCompleted>(database)
{
    protected override Task HandleAsync(ErasureCompleted message, UnitOfWork work, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            """
            select from erasures where id = @ErasureId for update;
            insert into erasure_reports (erasure_id, service, counts, completed_at)
            select @ErasureId, @Service, @Counts::jsonb, @CompletedAt from erasures where id = @ErasureId
            on conflict (erasure_id, service) do update set counts = excluded.counts, completed_at = excluded.completed_at;
            update erasures set state = 'completed', completed_at = (select max(completed_at) from erasure_reports where erasure_id = @ErasureId)
            where id = @ErasureId and state = 'erasing'
                and (select count(*) from erasure_reports r where r.erasure_id = @ErasureId and r.service = any(@Services)) = @Count
            """,
            new
            {
                message.ErasureId, message.Service, Counts = JsonSerializer.Serialize(message.Counts), message.CompletedAt,
                Services = PrivacyParts.Erasing.ToArray(), PrivacyParts.Erasing.Count,
            },
            cancellationToken);
    }
}
