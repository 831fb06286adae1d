using System.Net;
using LinkShort.Testing;

namespace LinkShort.Billing.Tests;

/// <summary>Operators' endpoints believe identity, not what a token claimed minutes ago.</summary>
public sealed class OperatorTests(BillingFixture fixture)
{
    [Fact]
    public async Task A_former_operator_and_one_without_a_second_factor_are_refused_although_their_token_claims_it()
    {
        await using var identity = await TokenIssuer.StartAsync();
        await using var service = new BillingService(await fixture.Servers.SettingsAsync("billingdb", identity), identity);
        using var op = service.Operator();
        var (plan, grant) = ($"admin/billing/workspaces/{Guid.CreateVersion7()}/plan", new { plan = "pro", reason = "a friend" });
        (await op.SendAsync(HttpMethod.Put, plan, grant)).ShouldBeOk();

        identity.OperatorStanding = _ => new { @operator = false, secondFactor = false };
        foreach (var path in new[] { plan, "admin/billing/revenue", "admin/billing/at-risk" })
        {
            (await op.GetAsync(path)).ShouldBeProblem(HttpStatusCode.Forbidden, "forbidden");
        }

        (await op.SendAsync(HttpMethod.Delete, plan)).ShouldBeProblem(HttpStatusCode.Forbidden, "forbidden");
        (await service.ScalarAsync<long>("select count(*) from plan_grants")).ShouldBe(1);

        identity.OperatorStanding = _ => new { @operator = true, secondFactor = false };
        (await op.SendAsync(HttpMethod.Put, plan, grant)).ShouldBeProblem(HttpStatusCode.Forbidden, "two-factor-enrollment-required");
        // Nobody is let in while identity can't be asked.
        await identity.DisposeAsync();
        (await op.GetAsync(plan)).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
    }
}
