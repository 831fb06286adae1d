using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Billing.Tests;

/// <summary>The permissions of endpoints, and invalid tokens.</summary>
public sealed class AccessTests(BillingFixture fixture)
{
    /// <summary>A new endpoint needs a row.</summary>
    private static readonly Dictionary<string, string> Rows = new()
    {
        ["GET /api/v1/billing/plans"] = AuthorizationMatrix.Anyone,
        ["GET /api/v1/billing/subscription"] = Permissions.BillingRead,
        ["GET /api/v1/billing/usage"] = Permissions.BillingRead,
        ["POST /api/v1/billing/webhook"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/billing/checkout"] = Permissions.BillingManage,
        ["GET /api/v1/billing/checkout/{sessionId}"] = Permissions.BillingManage,
        ["POST /api/v1/billing/portal"] = Permissions.BillingManage,
        ["GET /api/v1/billing/invoices"] = Permissions.BillingManage,
        ["POST /api/v1/billing/subscription/preview"] = Permissions.BillingManage,
        ["POST /api/v1/billing/subscription/change"] = Permissions.BillingManage,
        ["POST /api/v1/billing/subscription/cancel"] = Permissions.BillingManage,
        ["POST /api/v1/billing/subscription/resume"] = Permissions.BillingManage,
        ["GET /api/v1/admin/billing/revenue"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/billing/conversion"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/billing/usage"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/billing/at-risk"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/billing/workspaces/{id}/plan"] = AuthorizationMatrix.Operators,
        ["PUT /api/v1/admin/billing/workspaces/{id}/plan"] = AuthorizationMatrix.Operators,
        ["DELETE /api/v1/admin/billing/workspaces/{id}/plan"] = AuthorizationMatrix.Operators,
    };

    [Fact]
    public async Task Every_endpoint_admits_whom_the_table_of_permissions_admits()
    {
        using var client = fixture.Service.Anonymous();
        var workspace = Guid.CreateVersion7();

        (await AuthorizationMatrix.ViolationsAsync(fixture.Service.Services, client, Rows, attempt =>
        {
            var token = attempt.Role is { } role
                ? fixture.Identity.Token(workspace, role: Permissions.NameOf(role), scopes: attempt.Scopes, change: attempt.Apply)
                : null;
            return Task.FromResult(new PreparedRequest(
                attempt.Endpoint.Split(' ')[1].Replace("{id}", workspace.ToString(), StringComparison.Ordinal), token, """{"plan":"pro","reason":"a friend"}"""));
        })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Forged_expired_foreign_and_revoked_tokens_are_refused()
    {
        using var client = fixture.Service.Anonymous();
        (await TokenAttacks.SucceededAsync(fixture.Service.Services, client, fixture.Identity, "/api/v1/billing/usage", Guid.CreateVersion7())).ShouldBeEmpty();
    }
}
