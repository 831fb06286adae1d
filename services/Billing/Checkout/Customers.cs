using System.Security.Cryptography;
using System.Text;
using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults.Data;
using Stripe;

namespace LinkShort.Billing.Checkout;

/// <param name="TrialUsedAt">When the workspace's trial began; null if it had none.</param>
public sealed record WorkspaceCustomer(string StripeId, string Email, string Name, DateTimeOffset? TrialUsedAt);

/// <summary>Stripe's customer of a workspace: made once, with the owner's address and the workspace's name kept up to date.</summary>
public sealed class Customers(IStripeClient stripe, Database database, TimeProvider time)
{
    public async Task<WorkspaceCustomer> EnsureAsync(WorkspaceContact contact, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(contact);
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, contact.WorkspaceId, cancellationToken);
        var customer = await FindAsync(work, contact.WorkspaceId, cancellationToken);
        if (customer is not null && (customer.Email, customer.Name) == (contact.Email, contact.Name))
        {
            return customer;
        }

        if (customer is null)
        {
            var created = await new CustomerService(stripe).CreateAsync(
                new CustomerCreateOptions
                {
                    Email = contact.Email, Name = contact.Name, PreferredLocales = [contact.Locale],
                    Metadata = new() { ["workspace_id"] = contact.WorkspaceId.ToString() },
                },
                // If this process dies before it has stored the id, the next attempt gets the same customer.
                new RequestOptions { IdempotencyKey = $"customer-{contact.WorkspaceId}-{Digest(contact)}" }, cancellationToken);
            customer = new WorkspaceCustomer(created.Id, contact.Email, contact.Name, null);
        }
        else
        {
            await new CustomerService(stripe).UpdateAsync(
                customer.StripeId, new CustomerUpdateOptions { Email = contact.Email, Name = contact.Name }, cancellationToken: cancellationToken);
        }

        await work.ExecuteAsync(
            """
            insert into customers (workspace_id, stripe_id, email, name, created_at) values (@WorkspaceId, @StripeId, @Email, @Name, @Now)
            on conflict (workspace_id) do update set email = excluded.email, name = excluded.name
            """,
            new { contact.WorkspaceId, customer.StripeId, contact.Email, contact.Name, Now = time.GetUtcNow() }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return customer;
    }

    public static Task<WorkspaceCustomer?> FindAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.QuerySingleOrDefaultAsync<WorkspaceCustomer>(
            "select stripe_id, email, name, trial_used_at from customers where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
    }

    /// <summary>Stripe refuses a key that comes with other values.</summary>
    private static string Digest(WorkspaceContact contact) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{contact.Email}\n{contact.Name}\n{contact.Locale}")).AsSpan(0, 8));
}
