using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using MassTransit;

namespace LinkShort.Links;

/// <summary>Records how many visits redirect admitted to links whose click limit is reached.</summary>
public sealed class ClickLimitsReachedConsumer(Database database) : IConsumer<ClickLimitsReached>
{
    public Task Consume(ConsumeContext<ClickLimitsReached> context) => HighestNumbers.RaiseAsync(
        database, "visits_used", [.. context.Message.Links.Select(link => (link.WorkspaceId, link.LinkId, link.Visits))], context.CancellationToken);
}
