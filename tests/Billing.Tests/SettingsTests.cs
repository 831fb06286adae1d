using System.ComponentModel.DataAnnotations;
using LinkShort.Testing;
using Microsoft.Extensions.Configuration;

namespace LinkShort.Billing.Tests;

public sealed class SettingsTests(BillingFixture fixture)
{
    [Theory]
    [InlineData("DefaultPlan", "Billing:DefaultPlan=gold")]
    [InlineData("Currency", "Billing:Currency=dollars")]
    [InlineData("Plans__pro__LinksPerMonth", "Billing:Plans:pro:LinksPerMonth=-1")]
    [InlineData("Plans__pro__Members", "Billing:Plans:pro:Members=0")]
    [InlineData("Plans__pro__Name", "Billing:Plans:pro:Name=")]
    [InlineData("Plans__pro__Month__Amount", "Billing:Plans:pro:Month:Amount=-500")]
    [InlineData("Plans__pro__ApiLimitFactor", "Billing:Plans:pro:ApiLimitFactor=0")]
    [InlineData("Plans__team__Rank", "Billing:Plans:team:Name=Team", "Billing:Plans:team:Rank=1")]
    [InlineData("Plans__My Plan", "Billing:Plans:My Plan:Name=Mine", "Billing:Plans:My Plan:Rank=9")]
    [InlineData("ApiKey", "Stripe:ApiKey=pk_live_1", "Stripe:WebhookSecret=whsec_1")]
    [InlineData("WebhookSecret", "Stripe:ApiKey=sk_live_1")]
    [InlineData("WebhookSecret", "Stripe:ApiKey=sk_live_1", "Stripe:WebhookSecret=whsec_1,whsec_2,whsec_3")]
    [InlineData("ApiBase", "Stripe:ApiKey=sk_live_1", "Stripe:WebhookSecret=whsec_1", "Stripe:ApiBase=stripe")]
    [InlineData("PublicUrl", "Billing:PublicUrl=links.example.com")]
    [InlineData("TrialDays", "Billing:TrialDays=-1")]
    public void A_bad_setting_is_reported_with_its_key_and_its_fix(string key, params string[] settings)
    {
        var results = Validate(settings, out _);
        results.SelectMany(result => result.MemberNames).ShouldContain(key);
        results.ShouldAllBe(result => result.ErrorMessage!.Length > 20);
    }

    [Fact]
    public void Settings_change_single_values_of_the_plans_and_add_plans()
    {
        Validate(["Billing:Plans:pro:LinksPerMonth=2000", "Billing:Plans:free:Members=", "Billing:Plans:team:Name=Team", "Billing:Plans:team:Rank=5"], out var options).ShouldBeEmpty();

        options.Plans.Keys.ShouldBe(["free", "pro", "business", "team"], ignoreOrder: true);
        options.Plans["pro"].LinksPerMonth.ShouldBe(2_000);
        options.Plans["pro"].Members.ShouldBe(5);
        options.Plans["pro"].Month.Amount.ShouldBe(500);
        options.Plans["free"].Members.ShouldBeNull();
        options.Plans["team"].ToEntitlements("team", new Dictionary<string, string>()).LinksPerMonth.ShouldBeNull();
    }

    [Fact]
    public async Task A_bad_setting_stops_the_start_and_its_key_is_reported()
    {
        var exception = await Should.ThrowAsync<Exception>(() => fixture.StartAsync(new() { ["Billing:DefaultPlan"] = "gold" }));
        exception.ToString().ShouldContain("Billing__DefaultPlan");
    }

    [Fact]
    public async Task The_service_is_healthy()
    {
        using var client = fixture.Service.Anonymous();
        await Eventually.PassesAsync(async () => (await client.GetStringAsync("/health")).ShouldContain("\"status\":\"healthy\""));
    }

    private static List<ValidationResult> Validate(string[] settings, out BillingOptions options)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => setting.Split('=', 2)).Select(pair => KeyValuePair.Create<string, string?>(pair[0], pair[1]))).Build();
        options = new BillingOptions();
        configuration.GetSection(BillingOptions.Section).Bind(options);
        var stripe = new StripeOptions();
        configuration.GetSection(StripeOptions.Section).Bind(stripe);
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, true);
        Validator.TryValidateObject(stripe, new ValidationContext(stripe), results, true);
        return results;
    }
}
