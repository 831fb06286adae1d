using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Analytics.KnownLinks;

public sealed class LinkChangedConsumer(LinkDirectory links) : IConsumer<LinkChanged>
{
    public Task Consume(ConsumeContext<LinkChanged> context)
    {
        var link = context.Message.Link;
        return links.SaveAsync(new KnownLink(link.WorkspaceId, link.LinkId, link.Version, link.CreatedAt, Removed: false), context.CancellationToken);
    }
}

public sealed class LinkRemovedConsumer(LinkDirectory links) : IConsumer<LinkRemoved>
{
    public Task Consume(ConsumeContext<LinkRemoved> context)
    {
        var link = context.Message;
        return links.SaveAsync(new KnownLink(link.WorkspaceId, link.LinkId, link.Version, CreatedAt: null, Removed: true), context.CancellationToken);
    }
}
