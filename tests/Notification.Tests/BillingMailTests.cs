using LinkShort.Contracts;
using LinkShort.Notification.Billing;

namespace LinkShort.Notification.Tests;

/// <summary>Emails about plans and payments.</summary>
public sealed class BillingMailTests(NotificationFixture fixture)
{
    private static readonly BillingFacts Facts = new()
    {
        Plan = "Pro", Limit = PlanLimits.Links, Used = 1_600, Allowed = 2_000, Amount = 123_456, Currency = "usd", Day = new DateOnly(2026, 12, 24),
    };

    [Fact]
    public void Every_notice_has_an_email() => BillingMails.All.Select(form => form.Kind).ShouldBe(BillingNoticeKinds.All, ignoreOrder: true);

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    [InlineData("es")]
    [InlineData("fr")]
    [InlineData("ar")]
    public async Task Every_notice_is_sent_once_to_each_owner_in_their_language(string locale)
    {
        foreach (var kind in BillingNoticeKinds.All)
        {
            var address = $"{kind.ToLowerInvariant()}-{Guid.NewGuid():N}@example.org";
            var mail = new BillingMailRequested(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), "Letters", address, "Ada", locale, kind, Facts);
            await fixture.Files.PublishEventAsync(mail);
            await fixture.Files.PublishEventAsync(mail);
            var sent = await fixture.Files.FileToAsync(address);
            // A key without a text would be shown as it is.
            (sent.Text + sent.Html).ShouldNotContain("billing." + kind);
            sent.Text.ShouldContain("Letters");
            sent.Text.ShouldContain("https://links.example.com/app");
        }
    }

    [Fact]
    public async Task Amounts_and_limits_are_written_as_people_read_them()
    {
        var address = $"{Guid.NewGuid():N}@example.org";
        await fixture.Files.PublishEventAsync(new BillingMailRequested(
            Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), "Letters", address, "Ada", "de", BillingNoticeKinds.LimitNear, Facts));
        var sent = await fixture.Files.FileToAsync(address);
        sent.Text.ShouldContain("1.600 von 2.000");
        sent.Text.ShouldContain("1.234,56\u00a0$");
    }
}
