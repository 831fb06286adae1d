using System.ComponentModel;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Invoices;

/// <summary>GET /api/v1/billing/invoices</summary>
public static class ListInvoices
{
    /// <param name="Number">As printed; null for a draft.</param>
    /// <param name="Status">draft, open, paid, void or uncollectible.</param>
    /// <param name="AmountDue">In minor units.</param>
    /// <param name="PdfUrl">Null until it is final.</param>
    /// <param name="PaymentUrl">Where an open invoice can be paid.</param>
    public sealed record Response(
        string Id, string? Number, string Status, long AmountDue, long AmountPaid, string Currency, DateTimeOffset CreatedAt, DateTimeOffset PeriodStart,
        DateTimeOffset PeriodEnd, string? PdfUrl, string? PaymentUrl);

    private sealed record Position(DateTimeOffset At, string Id);

    public static async Task<Results<Ok<Page<Response>>, ProblemHttpResult>> HandleAsync(
        [Description("1 to 200, default 50.")] int? limit, [Description("nextCursor of the previous page.")] string? cursor,
        CurrentWorkspace workspace, Database database, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<Position>(limit, cursor, out var size, out var position) is { } refusal)
        {
            return refusal;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<Response>(
            """
            select id, number, status, amount_due, amount_paid, currency, created_at, period_start, period_end, pdf_url,
                case when status = 'open' then payment_url end as payment_url
            from invoices
            where workspace_id = @WorkspaceId and (@At::timestamptz is null or (created_at, id) < (@At, @LastId))
            order by created_at desc, id desc limit @Take
            """,
            new { WorkspaceId = workspace.Id, position?.At, LastId = position?.Id, Take = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, last => new Position(last.CreatedAt, last.Id)));
    }
}
