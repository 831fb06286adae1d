using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Billing.Reconciliation;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Billing.Tests;

/// <summary>Differences between the plans here and the prices at Stripe: health names them, and stops nothing.</summary>
public sealed class PriceTests(BillingFixture fixture)
{
    [Fact]
    public async Task Equal_prices_are_healthy_and_a_changed_one_is_reported_when_Stripe_says_so()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        await shop.Service.Services.GetRequiredService<PriceCheck>().CheckAsync(TestContext.Current.CancellationToken);
        (await WhyAsync(shop)).ShouldBeNull();

        shop.World.ChangePrice("price_pro_month", 700);
        await shop.DeliverAsync();

        (await Eventually.BecomesAsync(() => WhyAsync(shop), why => why is not null))
            .ShouldBe("Pro is shown as 500 usd per month, but Stripe's price price_pro_month is 700 usd per month.");
        using var owner = shop.Service.ClientOf();
        (await StripeShop.CheckoutAsync(owner)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_plan_without_a_price_a_price_that_Stripe_does_not_have_and_one_that_no_plan_has_are_named()
    {
        await using var shop = await StripeShop.OpenAsync(fixture, new()
        {
            ["Billing:Plans:pro:Year:PriceId"] = "", ["Billing:Plans:business:Year:PriceId"] = "price_that_is_missing", ["Billing:TrialDays"] = "0",
        });
        using var customer = await shop.CustomerAsync();
        using var other = shop.Service.ClientOf();
        await StripeShop.CheckoutAsync(other);
        shop.World.Subscribe(await shop.CustomerOfAsync(other), "price_of_somebody_else");
        await shop.DeliverAsync();

        await shop.Service.Services.GetRequiredService<PriceCheck>().CheckAsync(TestContext.Current.CancellationToken);

        var why = (await WhyAsync(shop)).ShouldNotBeNull();
        why.ShouldContain("Pro has no Stripe price per year, so it can't be bought: set Billing__Plans__pro__Year__PriceId.");
        why.ShouldContain("Stripe has no price price_that_is_missing of Business.");
        why.ShouldContain("Stripe's price price_of_somebody_else is in no plan, but paid by 1 customers, 1 of whom get no plan for it");
        why.ShouldNotContain("price_pro_month");
        (await shop.PlanOfAsync(customer)).ShouldBe("pro");
    }

    private static async Task<string?> WhyAsync(StripeShop shop)
    {
        using var client = shop.Service.Anonymous();
        return (string?)(await client.GetFromJsonAsync<JsonNode>("/health"))!["problems"]?[PriceCheck.CheckName]?["why"];
    }
}
