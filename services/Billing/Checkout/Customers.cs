using System.Security.Cryptography;
using System.Text;
using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults.Data;
using Stripe;

namespace LinkShort.Billing.Checkout;

/// <param name="TrialUsedAt">When the workspace's trial began; null if it had none.</param>
public sealed record WorkspaceCustomer(string StripeId, string Email, string Name, DateTimeOffset? TrialUsedAt)
{
    private const string DeletedPrefix = "deleted-";

    /// <summary>Stripe no longer has the customer. The row stays: its trial was used.</summary>
    public bool IsDeleted => StripeId.StartsWith(DeletedPrefix, StringComparison.Ordinal);
}

/// <summary>Stripe's customer of a workspace: made once, with the owner's address and the workspace's name kept up to date.</summary>
public sealed class Customers(IStripeClient stripe, Database database, TimeProvider time)
{
    public async Task<WorkspaceCustomer> EnsureAsync(WorkspaceContact contact, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(contact);
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, contact.WorkspaceId, cancellationToken);
        var customer = await FindAsync(work, contact.WorkspaceId, cancellationToken);
        if (customer is { IsDeleted: false } && (customer.Email, customer.Name) == (contact.Email, contact.Name))
        {
            return customer;
        }

        if (customer is null or { IsDeleted: true } || !await TryUpdateAsync(customer.StripeId, contact, cancellationToken))
        {
            customer = await CreateAsync(contact, customer, cancellationToken);
        }

        await work.ExecuteAsync(
            """
            insert into customers (workspace_id, stripe_id, email, name, created_at) values (@WorkspaceId, @StripeId, @Email, @Name, @Now)
            on conflict (workspace_id) do update set stripe_id = excluded.stripe_id, email = excluded.email, name = excluded.name
            """,
            new { contact.WorkspaceId, customer.StripeId, contact.Email, contact.Name, Now = time.GetUtcNow() }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return customer;
    }

    /// <summary>Brings a changed owner's address and workspace's name to Stripe.</summary>
    /// <returns>Whether there was something to change.</returns>
    public async Task<bool> RefreshAsync(WorkspaceContact contact, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(contact);
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, contact.WorkspaceId, cancellationToken);
        if (await FindAsync(work, contact.WorkspaceId, cancellationToken) is not { IsDeleted: false } customer || (customer.Email, customer.Name) == (contact.Email, contact.Name))
        {
            return false;
        }

        if (await TryUpdateAsync(customer.StripeId, contact, cancellationToken))
        {
            await work.ExecuteAsync(
                "update customers set email = @Email, name = @Name where workspace_id = @WorkspaceId", new { contact.Email, contact.Name, contact.WorkspaceId }, cancellationToken);
        }
        else
        {
            await ForgetAsync(work, contact.WorkspaceId, customer.StripeId, cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Stripe no longer has the customer: the next checkout makes another one. Its trial stays used.</summary>
    public async Task ForgetAsync(Guid workspaceId, string stripeId, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        await ForgetAsync(work, workspaceId, stripeId, cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    public static Task ForgetAsync(UnitOfWork work, Guid workspaceId, string stripeId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.ExecuteAsync(
            "update customers set stripe_id = 'deleted-' || stripe_id, email = '', name = '' where workspace_id = @workspaceId and stripe_id = @stripeId",
            new { workspaceId, stripeId }, cancellationToken);
    }

    public static Task<WorkspaceCustomer?> FindAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.QuerySingleOrDefaultAsync<WorkspaceCustomer>(
            "select stripe_id, email, name, trial_used_at from customers where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
    }

    /// <returns>False if Stripe no longer has the customer.</returns>
    private async Task<bool> TryUpdateAsync(string stripeId, WorkspaceContact contact, CancellationToken cancellationToken)
    {
        try
        {
            await new CustomerService(stripe).UpdateAsync(
                stripeId, new CustomerUpdateOptions { Email = contact.Email, Name = contact.Name }, cancellationToken: cancellationToken);
            return true;
        }
        catch (StripeException exception) when (StripeFailures.IsMissing(exception))
        {
            return false;
        }
    }

    private async Task<WorkspaceCustomer> CreateAsync(WorkspaceContact contact, WorkspaceCustomer? former, CancellationToken cancellationToken)
    {
        var created = await new CustomerService(stripe).CreateAsync(
            new CustomerCreateOptions
            {
                Email = contact.Email, Name = contact.Name, PreferredLocales = [contact.Locale],
                Metadata = new() { ["workspace_id"] = contact.WorkspaceId.ToString() },
            },
            // If this process dies before it has stored the id, the next attempt gets the same customer; but never again one that was deleted.
            new RequestOptions { IdempotencyKey = $"customer-{contact.WorkspaceId}-{Digest(contact)}{(former is null ? "" : "-after-" + former.StripeId)}" }, cancellationToken);
        return new WorkspaceCustomer(created.Id, contact.Email, contact.Name, former?.TrialUsedAt);
    }

    /// <summary>Stripe refuses a key that comes with other values.</summary>
    private static string Digest(WorkspaceContact contact) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{contact.Email}\n{contact.Name}\n{contact.Locale}")).AsSpan(0, 8));
}
