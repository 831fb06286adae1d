using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Notification.SecurityNotice;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Notification.Tests;

public sealed class AccountMailTests(NotificationFixture fixture)
{
    private readonly NotificationUnderTest _service = fixture.Files;

    [Theory]
    [InlineData("en", "ltr", "until 24 Dec 2026, 18:30 UTC.")]
    [InlineData("de", "ltr", "bis 24. Dez. 2026, 18:30 Uhr UTC.")]
    [InlineData("fr", "ltr", "jusqu’au 24 déc. 2026 à 18:30 UTC.")]
    [InlineData("ar", "rtl", "حتى 24 ديسمبر 2026، 18:30 UTC.")]
    public async Task Emails_with_a_secret_link_to_the_page_that_takes_it(string locale, string direction, string expiry)
    {
        var user = Guid.CreateVersion7();
        var expires = new DateTimeOffset(2026, 12, 24, 18, 30, 0, TimeSpan.Zero);
        (string Page, Func<string, object> Event)[] mails =
        [
            ("verify", email => new EmailVerificationRequested(user, user, email, "Ada", locale, Seal(nameof(EmailVerificationRequested)), expires)),
            ("reset", email => new PasswordResetRequested(user, user, email, "Ada", locale, Seal(nameof(PasswordResetRequested)), expires)),
            ("email-change", email => new EmailChangeRequested(user, user, email, "new@example.com", false, "Ada", locale, Seal(nameof(EmailChangeRequested)), expires)),
            ("email-change", email => new EmailChangeRequested(user, user, email, email, true, "Ada", locale, Seal(nameof(EmailChangeRequested)), expires)),
            ("invitations", email => new InvitationCreated(Guid.CreateVersion7(), user, "Acme", "Bob", email, "admin", locale, Seal(nameof(InvitationCreated)), expires)),
        ];
        foreach (var (page, make) in mails)
        {
            var email = $"{Guid.NewGuid():N}@example.org";
            await _service.PublishEventAsync(make(email));
            var mail = await _service.FileToAsync(email);
            mail.Text.ShouldContain($"https://links.example.com/app/{page}?token=the-secret\n");
            mail.Html.ShouldContain($"href=\"https://links.example.com/app/{page}?token=the-secret\"");
            mail.Html.ShouldContain($"dir=\"{direction}\">\n<head>");
            mail.Text.ShouldContain(expiry);
            (mail.Html + mail.Text).ShouldNotContain("{{");
        }

        string Seal(string purpose) => _service.Service<SealedText>().Seal("the-secret", purpose);
    }

    [Fact]
    public async Task A_resent_invitation_is_another_email_with_the_new_link_and_a_duplicate_event_is_not()
    {
        var invited = new InvitationCreated(
            Guid.CreateVersion7(), Guid.CreateVersion7(), "Acme", "Bob", $"{Guid.NewGuid():N}@example.org", "admin", "en", Seal("first-secret"),
            new DateTimeOffset(2026, 12, 24, 18, 30, 0, TimeSpan.Zero));
        await _service.PublishEventAsync(invited);
        await _service.FileToAsync(invited.Email);
        await _service.PublishEventAsync(invited with { SealedToken = Seal("second-secret"), ExpiresAt = invited.ExpiresAt.AddMilliseconds(1) });
        await LinkShort.Testing.Eventually.PassesAsync(() =>
        {
            _service.FilesTo(invited.Email).Select(mail => mail.Text.Contains("token=second-secret\n", StringComparison.Ordinal)).ShouldBe([false, true], ignoreOrder: true);
            return Task.CompletedTask;
        });

        // The broker delivers at least once.
        await _service.PublishEventAsync(invited);
        var marker = await _service.RegisterAsync();
        await _service.FileToAsync(marker.Email);
        _service.FilesTo(invited.Email).Count.ShouldBe(2);

        string Seal(string secret) => _service.Service<SealedText>().Seal(secret, nameof(InvitationCreated));
    }

    [Fact]
    public void Every_notice_has_an_email_in_every_language()
    {
        NoticeTable.All.Select(notice => notice.Kind).ShouldBe(SecurityNoticeKinds.All, ignoreOrder: true);
        foreach (var texts in Language.All.Select(TextCatalog.Of(typeof(NoticeTable).Assembly).In))
        {
            foreach (var notice in NoticeTable.All)
            {
                texts.Patterns.Keys.ShouldContain($"securityNotice.{notice.Kind}.subject", texts.Language.Code);
                texts.Patterns.Keys.ShouldContain($"securityNotice.{notice.Kind}.text", texts.Language.Code);
                texts.Patterns.Keys.ShouldContain(notice.DetailLabel ?? "securityNotice.button", texts.Language.Code);
            }
        }
    }

    [Theory]
    [InlineData("en", "Time: 22 Nov 2026, 04:05 UTC")]
    [InlineData("de", "Zeitpunkt: 22. Nov. 2026, 04:05 Uhr UTC")]
    public async Task A_notice_reports_action_time_device_and_place_once(string locale, string time)
    {
        var notice = new SecurityNoticeRaised(
            Guid.CreateVersion7(), Guid.CreateVersion7(), $"{Guid.NewGuid():N}@example.org", "Ada", locale, SecurityNoticeKinds.ApiKeyCreated,
            new DateTimeOffset(2026, 11, 22, 4, 5, 6, TimeSpan.Zero), "Firefox, Linux", "192.0.2.0/24", "<b>deploy\r\nBcc: x</b>\u202e");
        await _service.PublishEventAsync(notice);
        await _service.PublishEventAsync(notice);
        var mail = await _service.FileToAsync(notice.Email);
        mail.Text.ShouldContain(time);
        mail.Text.ShouldContain("Firefox, Linux");
        mail.Text.ShouldContain("192.0.2.0/24");
        mail.Text.ShouldContain("<b>deploy  Bcc: x</b>\n");
        mail.Html.ShouldContain("&lt;b&gt;deploy");
        mail.Html.ShouldNotContain('\u202e');
        mail.HeaderNames.ShouldNotContain("Bcc");
    }

    [Theory]
    [InlineData(SecurityNoticeKinds.ExportReady, "Datum: 24. Dez. 2026\n", "/privacy/export\n")]
    [InlineData(SecurityNoticeKinds.ApiKeyCreated, "Bezeichnung: 2026-12-24\n", "/security\n")]
    public async Task A_day_is_written_as_the_reader_writes_it_a_name_that_looks_like_one_is_not_and_the_button_leads_to_what_it_is_about(string kind, string fact, string button)
    {
        var notice = new SecurityNoticeRaised(
            Guid.CreateVersion7(), Guid.CreateVersion7(), $"{Guid.NewGuid():N}@example.org", "Ada", "de", kind,
            new DateTimeOffset(2026, 11, 22, 4, 5, 6, TimeSpan.Zero), null, null, "2026-12-24");
        await _service.PublishEventAsync(notice);

        var mail = await _service.FileToAsync(notice.Email);
        mail.Text.ShouldContain(fact);
        mail.Text.ShouldContain(button);
    }
}
