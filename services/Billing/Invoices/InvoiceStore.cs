using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults.Data;
using Stripe;

namespace LinkShort.Billing.Invoices;

/// <summary>Copies of Stripe's invoices, so that they can be read while Stripe is unavailable.</summary>
public sealed class InvoiceStore(IStripeClient stripe, TimeProvider time)
{
    /// <summary>Fetches the invoice's present state, with the workspace locked.</summary>
    public async Task SyncAsync(UnitOfWork work, Guid workspaceId, string invoiceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        await WriteAsync(work, workspaceId, await new InvoiceService(stripe).GetAsync(invoiceId, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>Whether the copy says the same as an invoice that was listed.</summary>
    public static Task<bool> IsSameAsync(UnitOfWork work, Guid workspaceId, Invoice listed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(listed);
        return work.ExecuteScalarAsync<bool>(
            """
            select exists (select from invoices where workspace_id = @workspaceId and id = @Id and status = @Status and amount_due = @AmountDue
                and amount_paid = @AmountPaid and number is not distinct from @Number::text)
            """,
            new { workspaceId, listed.Id, Status = listed.Status ?? "draft", listed.AmountDue, listed.AmountPaid, listed.Number }, cancellationToken);
    }

    private Task<int> WriteAsync(UnitOfWork work, Guid workspaceId, Invoice invoice, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            """
            insert into invoices (workspace_id, id, subscription_id, number, status, amount_due, amount_paid, currency, created_at, period_start, period_end, pdf_url,
                payment_url, fetched_at)
            values (@workspaceId, @Id, @SubscriptionId, @Number, @Status, @AmountDue, @AmountPaid, @Currency, @Created, @PeriodStart, @PeriodEnd, @InvoicePdf,
                @HostedInvoiceUrl, @Now)
            on conflict (id) do update set number = excluded.number, status = excluded.status, amount_due = excluded.amount_due, amount_paid = excluded.amount_paid,
                pdf_url = excluded.pdf_url, payment_url = excluded.payment_url, fetched_at = excluded.fetched_at
            """,
            new
            {
                workspaceId, invoice.Id, invoice.Parent?.SubscriptionDetails?.SubscriptionId, invoice.Number, Status = invoice.Status ?? "draft", invoice.AmountDue,
                invoice.AmountPaid, invoice.Currency, Created = Utc(invoice.Created), PeriodStart = Utc(invoice.PeriodStart), PeriodEnd = Utc(invoice.PeriodEnd),
                invoice.InvoicePdf, invoice.HostedInvoiceUrl, Now = time.GetUtcNow(),
            },
            cancellationToken);
    }

    private static DateTimeOffset Utc(DateTime at) => new(DateTime.SpecifyKind(at, DateTimeKind.Utc));
}
