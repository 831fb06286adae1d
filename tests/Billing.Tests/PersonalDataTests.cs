using LinkShort.Billing.Storage;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Billing.Tests;

public sealed class PersonalDataTests(BillingFixture fixture)
{
    [Fact]
    public async Task The_data_map_names_every_table_and_column() =>
        (await PlantedData.DifferencesAsync(PersonalData.Map, fixture.Service.Settings["ConnectionStrings:billingdb"]!)).ShouldBeEmpty();

    [Fact]
    public async Task Personal_data_is_exported_completely_and_erased_permanently()
    {
        using var identity = fixture.Service.Internal();
        var planted = await PlantedData.PlantAsync(fixture.Service.Services, new Dictionary<string, object?> { ["checkouts.state"] = "open" });
        var export = await planted.ExportAsync(fixture.Service.Services, identity);
        planted.Exported.ShouldNotBeEmpty();
        planted.Exported.ShouldAllBe(text => text.EndsWith("checkouts-state") || export.Contains(text));
        planted.Withheld.ShouldAllBe(text => !export.Contains(text));

        await planted.EraseAsync(fixture.Service.Services);
        await Eventually.BecomesAsync(planted.LeftInAsync, left => left.Order().SequenceEqual(["customers", "invoices", "subscriptions"]));
    }

    [Fact]
    public async Task An_erased_workspace_leaves_nothing()
    {
        using var op = fixture.Service.Operator();
        var workspace = Guid.CreateVersion7();
        (await op.SendAsync(HttpMethod.Put, $"admin/billing/workspaces/{workspace}/plan", new { plan = "pro", reason = "a friend" })).ShouldBeOk();
        await fixture.Events.PublishAsync(new UsageCounted(workspace, UsageMetrics.Members, new DateOnly(2026, 11, 1), 1, 1));
        await Eventually.BecomesAsync(LeftAsync, left => left == 3);

        await fixture.Events.PublishAsync(new WorkspaceErased(workspace, TimeProvider.System.GetUtcNow()));
        await Eventually.BecomesAsync(LeftAsync, left => left == 0);

        Task<long> LeftAsync() => fixture.Service.ScalarAsync<long>(
            "select (select count(*) from current_plans where workspace_id = $1) + (select count(*) from plan_grants where workspace_id = $1) + (select count(*) from usage where workspace_id = $1)",
            workspace);
    }
}
