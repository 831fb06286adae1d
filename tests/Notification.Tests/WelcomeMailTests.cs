using System.Text;
using LinkShort.Localization;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Welcome;
using LinkShort.Testing;
using MimeKit;

namespace LinkShort.Notification.Tests;

public sealed class WelcomeMailTests(NotificationFixture fixture)
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(WelcomeMail).Assembly);

    private readonly NotificationUnderTest _service = fixture.Files;

    [Fact]
    public async Task A_new_user_is_welcomed_by_name_in_text_and_html()
    {
        var user = await _service.RegisterAsync();

        var mail = await _service.FileToAsync(user.Email);

        mail.Header("Subject").ShouldBe("Welcome to LinkShort!");
        mail.Header("From").ShouldBe("LinkShort <no-reply@links.example.com>");
        mail.Header("To").ShouldBe($"Ada Lovelace <{user.Email}>");
        mail.Header("Message-ID").ShouldMatch("^<[0-9a-f]{32}@links.example.com>$");
        mail.Header("Auto-Submitted").ShouldBe("auto-generated");
        DateTimeOffset.Parse(mail.Header("Date"), System.Globalization.CultureInfo.InvariantCulture).ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(2));
        mail.Text.ShouldContain("Hi Ada Lovelace,");
        mail.Text.ShouldContain("https://links.example.com/app\n");
        mail.Html.ShouldContain("Hi <bdi>Ada Lovelace</bdi>,");
        mail.Html.ShouldContain("href=\"https://links.example.com/app\"");
        mail.Html.ShouldContain("dir=\"ltr\"");
        mail.Html.ShouldNotContain("{{");
    }

    [Theory]
    [InlineData("en", "Welcome to LinkShort!", "ltr")]
    [InlineData("de", "Willkommen bei LinkShort!", "ltr")]
    [InlineData("es", "¡Te damos la bienvenida a LinkShort!", "ltr")]
    [InlineData("fr", "Bienvenue sur LinkShort\u00a0!", "ltr")]
    [InlineData("ar", "مرحبًا بك في LinkShort!", "rtl")]
    [InlineData("de-AT", "Willkommen bei LinkShort!", "ltr")]
    [InlineData("AR-eg", "مرحبًا بك في LinkShort!", "rtl")]
    [InlineData("pt-BR", "Welcome to LinkShort!", "ltr")]
    [InlineData("", "Welcome to LinkShort!", "ltr")]
    [InlineData("../en", "Welcome to LinkShort!", "ltr")]
    [InlineData("de\r\nBcc: a@b.example", "Welcome to LinkShort!", "ltr")]
    public async Task It_is_in_the_users_language_or_in_english(string locale, string subject, string direction)
    {
        var user = await _service.RegisterAsync(locale: locale);

        var mail = await _service.FileToAsync(user.Email);

        mail.Header("Subject").ShouldBe(subject);
        mail.Html.ShouldContain($"dir=\"{direction}\">\n<head>");
        mail.Html.ShouldContain($"align=\"{(direction == "rtl" ? "right" : "left")}\"");
        mail.Html.ShouldContain(System.Net.WebUtility.HtmlEncode(subject));
        mail.Text.ShouldStartWith(subject);
    }

    [Fact]
    public void Every_language_has_all_texts_and_placeholders()
    {
        // Only punctuation and arguments, and a word that is the same in Spanish.
        string[] same = ["composing.time", "composing.fact", "composing.action", "billing.label.plan"];
        var english = Catalog.In(Language.English).Patterns;
        foreach (var texts in Language.All.Where(language => language != Language.English).Select(Catalog.In))
        {
            texts.Patterns.Keys.ShouldBe(english.Keys, ignoreOrder: true);
            foreach (var (key, pattern) in texts.Patterns)
            {
                pattern.Names.ShouldBe(english[key].Names, $"{texts.Language} {key}");
                if (!same.Contains(key))
                {
                    pattern.Source.ShouldNotBe(english[key].Source, $"{texts.Language} {key}");
                }
            }
        }
    }

    [Fact]
    public async Task A_duplicate_event_sends_nothing()
    {
        var messageId = Guid.CreateVersion7();
        var user = await _service.RegisterAsync(messageId: messageId);
        await _service.FileToAsync(user.Email);

        await _service.PublishAsync(user, messageId);
        await _service.PublishAsync(user);
        var later = await _service.RegisterAsync();
        await _service.FileToAsync(later.Email);

        _service.FilesTo(user.Email).Count.ShouldBe(1);
        (await _service.MailOfAsync(user.UserId)).ShouldBe(("sent", 1, null));
        (await _service.QueryAsync("select count(*) from outgoing_mail where user_id = $1", user.UserId)).ShouldBe(1L);
        (await _service.QueryAsync("select html_body from outgoing_mail where user_id = $1", user.UserId)).ShouldBe(DBNull.Value);
    }

    [Theory]
    [InlineData("Eve\r\nBcc: victim@example.com\r\n\r\nBuy!", false)]
    [InlineData("Eve\nBcc: victim", true)]
    [InlineData("Eve\u0085\u2028\u2029Bcc: victim", true)]
    [InlineData("<script>alert(1)</script>", false)]
    [InlineData("<b>Eve", true)]
    [InlineData("\"Eve\" <victim", true)]
    [InlineData("Visit evil.example now", false)]
    [InlineData("http://evil", false)]
    [InlineData("\u202eEve\u2066\u200f", true)]
    [InlineData("{{appUrl}} {name} {host}", true)]
    [InlineData("Ève 😀 Ñandú العربية", true)]
    [InlineData("   ", false)]
    [InlineData(null, false)]
    public async Task A_name_is_shown_as_plain_text_or_not_at_all(string? name, bool shown)
    {
        var user = await _service.RegisterAsync(name: name);

        var mail = await _service.FileToAsync(user.Email);

        mail.HeaderNames.ShouldBe(["Date", "From", "To", "Message-ID", "Subject", "MIME-Version", "Auto-Submitted", "Content-Language", "Content-Type"]);
        mail.Html.ShouldNotContain("<script");
        mail.Html.ShouldNotContain("<b>");
        mail.Html.ShouldNotContain("evil");
        mail.Text.ShouldNotContain("evil");
        mail.Html.ShouldNotContain('\u202e');
        mail.Text.ShouldContain(shown ? "Hi " : "Hello,");
        mail.Text.Split('\n').Count(line => line.Contains("victim", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task A_very_long_name_is_truncated()
    {
        var user = await _service.RegisterAsync(name: string.Concat(Enumerable.Repeat("👩‍👩‍👧‍👦", 5_000)));

        var mail = await _service.FileToAsync(user.Email);

        mail.Text.ShouldContain("Hi " + string.Concat(Enumerable.Repeat("👩‍👩‍👧‍👦", GreetingName.MaxTextElements)) + "…,");
    }

    [Theory]
    [InlineData("victim@example.com\r\nBcc: other@example.com")]
    [InlineData("a@b.example>\r\nRCPT TO:<other@example.com")]
    [InlineData("\"quoted\r\n\"@example.com")]
    [InlineData("no address")]
    [InlineData("")]
    [InlineData("a@")]
    [InlineData("a@b.example, c@d.example")]
    [InlineData("<x@y.example> <a@b.example>")]
    public async Task An_invalid_address_is_stored_as_failed_and_never_tried(string email)
    {
        var user = await _service.RegisterAsync(email: email);

        await Eventually.PassesAsync(async () => (await _service.MailOfAsync(user.UserId)).State.ShouldBe("failed"));

        var later = await _service.RegisterAsync();
        await _service.FileToAsync(later.Email);
        _service.FilesTo("other@example.com").ShouldBeEmpty();
        _service.FilesTo("b.example").ShouldBeEmpty();
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task Email_files_are_readable_by_their_owner_only()
    {
        var folder = Path.Combine(_service.Folder, "mail");
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        var user = await _service.RegisterAsync();
        await _service.FileToAsync(user.Email);

        File.GetUnixFileMode(folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.EnumerateFiles(folder, "*.eml").ShouldAllBe(file => File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task A_domain_in_another_script_is_sent_in_ascii()
    {
        var user = await _service.RegisterAsync(email: "info@bücher.example", name: null);

        (await _service.FileToAsync("xn--bcher-kva.example")).Header("To").ShouldBe("info@xn--bcher-kva.example");
        (await _service.MailOfAsync(user.UserId)).State.ShouldBe("sent");
    }

    [Fact]
    public void Long_and_unusual_texts_survive_the_round_trip_through_an_email()
    {
        var text = ".\n..dots\n" + string.Concat(Enumerable.Range(1, 0x3000).Where(c => c is not '\r').Select(c => (char)c)) + " \n\ttrailing \t\n=3D=\n" + new string('x', 5_000) + "😀";
        var subject = string.Concat(Enumerable.Repeat("Ünï😀 ", 60));
        var mail = ParsedMail.Of(Bytes(new MailMessage(
            Guid.CreateVersion7(), new MailboxAddress("Ä, \"x\"", "a@b.example"), new MailboxAddress(new string('n', 300), "c@d.example"), "en",
            TimeProvider.System.GetUtcNow(), subject, text, "<p>é</p>")));

        mail.Text.TrimEnd('\n').ShouldBe(text.ReplaceLineEndings("\n"));
        mail.Html.TrimEnd('\n').ShouldBe("<p>é</p>");
        mail.Header("Subject").ShouldBe(subject);
        mail.Header("From").ShouldBe("Ä, \"x\" <a@b.example>");
        Encoding.UTF8.GetByteCount(subject).ShouldBeGreaterThan(500);
    }

    [Fact]
    public void A_long_name_and_subject_without_spaces_respect_the_length_of_encoded_words()
    {
        var text = string.Concat(Enumerable.Repeat("短縮リンク", 30));
        var mail = ParsedMail.Of(Bytes(new MailMessage(
            Guid.CreateVersion7(), new MailboxAddress(text, "a@b.example"), new MailboxAddress(text, "c@d.example"), "en", TimeProvider.System.GetUtcNow(), text, "", "")));

        mail.Header("Subject").ShouldBe(text);
        mail.Header("To").ShouldBe(text + " <c@d.example>");
    }

    [Fact]
    public void A_control_character_never_becomes_a_header()
    {
        Should.Throw<ParseException>(() => new MailboxAddress(null, "c@d.example\r\nBcc: x@y.example"));
        var address = new MailboxAddress("Eve\r\nBcc: x@y.example", "a@b.example");
        var mail = ParsedMail.Of(Bytes(new MailMessage(
            Guid.CreateVersion7(), address, address, "en\r\nBcc: x@y.example", TimeProvider.System.GetUtcNow(), "a\r\nBcc: b", "", "")));

        mail.HeaderNames.ShouldNotContain("Bcc");
        mail.Header("From").ShouldBe("Eve  Bcc: x@y.example <a@b.example>");
        mail.Header("Subject").ShouldBe("a  Bcc: b");
    }

    [Fact]
    public void The_email_contains_no_script_no_image_and_no_foreign_URL()
    {
        foreach (var language in new[] { "en", "ar" })
        {
            var html = WelcomeMail.Compose(MailComposer.TextsFor(language), _service.Service<MailComposer>(), "Ada").Html;

            html.ShouldNotContain("<script");
            html.ShouldNotContain("<img");
            html.ShouldNotContain("<link");
            System.Text.RegularExpressions.Regex.Matches(html, "(href|src)=\"([^\"]*)\"").Select(match => match.Groups[2].Value).Distinct().ShouldBe(["https://links.example.com/app"]);
        }
    }

    private static byte[] Bytes(MailMessage mail)
    {
        using var stream = new MemoryStream();
        using var message = mail.ToMime();
        message.WriteTo(mail.Format, stream);
        return stream.ToArray();
    }
}
