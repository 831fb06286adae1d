using System.Runtime.CompilerServices;
using LinkShort.Billing.Checkout;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Billing.Reconciliation;

/// <summary>Brings the owners' addresses to Stripe: an owner who left, or has another address, must not get the invoices any longer.</summary>
public sealed class ContactRefresher(WorkspaceContacts contacts, Customers customers, Database database)
{
    private const int Batch = 500;

    /// <summary>Workspaces with a customer at Stripe.</summary>
    public async IAsyncEnumerable<Guid> WorkspacesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<Guid> page = [];
        do
        {
            await using (var connection = await database.OpenAsync(cancellationToken))
            {
                page = await connection.QueryAsync<Guid>(
                    "-- every workspace: one page after the other\nselect workspace_id from customers where workspace_id > @After and stripe_id not like 'deleted-%' order by workspace_id limit @Batch",
                    new { After = page.Count > 0 ? page[^1] : Guid.Empty, Batch }, cancellationToken);
            }

            foreach (var workspaceId in page)
            {
                yield return workspaceId;
            }
        }
        while (page.Count == Batch);
    }

    public async Task RefreshAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        if (await contacts.FindAsync(workspaceId, cancellationToken) is { } contact)
        {
            await customers.RefreshAsync(contact, cancellationToken);
        }
    }
}
