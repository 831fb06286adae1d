using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Billing.Invoices;

/// <summary>Deletes invoices once tax law no longer asks for them, also those of erased workspaces.</summary>
public sealed class InvoiceRetention(
    Database database, DeletionClock clock, IOptions<BillingOptions> options, TimeProvider time, ILogger<InvoiceRetention> logger)
    : BackgroundJob("Deleting old invoices", time, logger)
{
    protected override TimeSpan Interval => TimeSpan.FromDays(1);

    protected override TimeSpan FirstAfter => TimeSpan.FromMinutes(5);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!await clock.IsTrustedAsync(cancellationToken))
        {
            return;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            "-- every workspace: cleanup, nothing is read\ndelete from invoices where created_at < @Before",
            new { Before = Time.GetUtcNow().AddYears(-options.Value.InvoiceRetentionYears) }, cancellationToken);
    }
}
