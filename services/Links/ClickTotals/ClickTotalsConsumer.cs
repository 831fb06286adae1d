using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using MassTransit;

namespace LinkShort.Links;

/// <summary>Keeps the click counts shown in lists.</summary>
public sealed class ClickTotalsConsumer(Database database) : IConsumer<ClickTotalsChanged>
{
    public Task Consume(ConsumeContext<ClickTotalsChanged> context) => HighestNumbers.RaiseAsync(
        database, "clicks", [.. context.Message.Totals.Select(total => (total.WorkspaceId, total.LinkId, total.Clicks))], context.CancellationToken);
}
