using System.ComponentModel.DataAnnotations;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Messaging;

public sealed class OutboxOptions
{
    public const string Section = "Outbox";

    /// <summary>How long an event may wait for the broker or a queue before the health check <c>outbox</c> is degraded.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = "must be from 00:00:01 to 7.00:00:00, e.g. 00:05:00.")]
    public TimeSpan DegradedAfter { get; set; } = TimeSpan.FromMinutes(5);
}

internal static class OutboxBacklog
{
    private static readonly Backlog Waiting = new(
        "outbox",
        """
        select count(*), min(created_at), (select count(*) from outbox where parked_at is not null)
        from (select created_at from outbox where parked_at is null order by position limit @Most) waiting
        """,
        ("One event waits in the outbox", "events wait in the outbox"),
        ("One event in the outbox is parked: this version can't read it", "events in the outbox are parked: this version can't read them"));

    public static void AddOutboxBacklog(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<OutboxOptions>(OutboxOptions.Section);
        builder.AddBacklog(Waiting, services => services.GetRequiredService<IOptions<OutboxOptions>>().Value.DegradedAfter);
    }
}
