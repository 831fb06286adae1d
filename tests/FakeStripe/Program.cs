namespace LinkShort.FakeStripe;

/// <summary>
/// <c>dotnet run --project tests/FakeStripe -- --urls http://localhost:12111 --Webhook:Url=http://localhost:8080/api/v1/billing/webhook</c>, and
/// <c>./linkshort run</c> with <c>Stripe__ApiBase=http://localhost:12111</c>, <c>Stripe__ApiKey=sk_test_fake</c>, <c>Stripe__WebhookSecret=whsec_fake</c> and the prices below.
/// <c>--Webhook:DelaySeconds=5 --Webhook:DoubledPercent=20</c> makes deliveries late, in any order and repeated.
/// </summary>
internal static class FakeStripeProgram
{
    public static async Task Main(string[] args)
    {
        await using var app = StripeServer.Build(args, Plans);
        await app.RunAsync();
    }

    private static void Plans(StripeWorld world)
    {
        world.AddPrice("price_pro_month", 500, "usd", "month");
        world.AddPrice("price_pro_year", 5_000, "usd", "year");
        world.AddPrice("price_business_month", 3_900, "usd", "month");
        world.AddPrice("price_business_year", 39_000, "usd", "year");
        world.AddPromotionCode("WELCOME");
    }
}
