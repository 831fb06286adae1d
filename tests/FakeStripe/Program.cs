using LinkShort.FakeStripe;

// dotnet run --project tests/FakeStripe -- --urls http://localhost:12111 --Webhook:Url=http://localhost:8080/api/v1/billing/webhook --Webhook:Secret=whsec_fake
await using var app = StripeServer.Build(args, server =>
{
    server.AddPrice("price_pro_month", 500, "usd", "month");
    server.AddPrice("price_pro_year", 5_000, "usd", "year");
    server.AddPrice("price_business_month", 3_900, "usd", "month");
    server.AddPrice("price_business_year", 39_000, "usd", "year");
    server.AddPromotionCode("WELCOME");
});
await app.RunAsync();
