using System.Net;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Redirect.Tests;

/// <summary>Every page in the visitor's language.</summary>
public sealed class PageLanguageTests(ServersFixture fixture)
{
    private const string Password = "open sesame";

    public static TheoryData<string, PageTexts> Languages => new()
    {
        {
            "de-AT,de;q=0.9,en;q=0.5", new PageTexts(
                "de", "ltr", "Diesen Kurzlink gibt es nicht", "Dieser Kurzlink ist nicht mehr aktiv", "Kurzlinks lassen sich nur aufrufen", "Wohin führt dieser Link?",
                "Manche Besucher werden woandershin weitergeleitet", "Erstellt am 29. Feb. 2024", "Dieser Link ist mit einem Passwort geschützt.", "Dieser Link ist geschützt",
                "Falsches Passwort.", "Zu viele falsche Passwörter", "Weiter", "Dieser Kurzlink wurde gesperrt", "<bdi dir=\"ltr\">evil.example</bdi>. Diese Website",
                "Zu viele Anfragen nach unbekannten Links", "Dieser Kurzlink ist vorübergehend nicht erreichbar")
        },
        {
            "fr;q=0.7, ar-EG", new PageTexts(
                "ar", "rtl", "هذا الرابط القصير غير موجود", "لم يعد هذا الرابط القصير نشطًا", "لا يمكن سوى فتح الروابط القصيرة", "إلى أين يقود هذا الرابط؟",
                "يُوجَّه بعض الزوار إلى وجهة أخرى", "أُنشئ في 29 فبراير 2024", "هذا الرابط محمي بكلمة مرور.", "هذا الرابط محمي",
                "كلمة المرور خاطئة.", "محاولات كثيرة بكلمات مرور خاطئة", "متابعة", "هذا الرابط القصير معلَّق", "<bdi dir=\"ltr\">evil.example</bdi>، وهو",
                "طلبات كثيرة لروابط غير معروفة", "هذا الرابط القصير غير متاح مؤقتًا")
        },
    };

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task Every_page_is_in_the_visitors_language(string acceptLanguage, PageTexts texts)
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var blocklist = Path.Combine(installation.DataFolder, "blocklist.txt");
        await File.WriteAllTextAsync(blocklist, "evil.example\n");
        installation.Settings["Blocklist:Source"] = blocklist;
        installation.Settings["Redirect:UnknownCodesPermitLimit"] = "1";
        installation.Settings["Redirect:UnknownCodesWindowSeconds"] = "3600";
        var replica = await installation.AddReplicaAsync();
        var gone = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Archived = true });
        var evil = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://evil.example/"));
        var suspended = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        var varies = await CreateAsync(new() { Rules = [new LinkRule(new RuleCondition { Country = ["DE"] }, "https://e.example/de")] });
        var previewed = await CreateAsync(new() { Preview = new("Read this") });
        var locked = await CreateAsync(new() { PasswordHash = PasswordTests.HashOf(Password) });
        await SuspendAsync(suspended);
        await Eventually.BecomesAsync(() => replica.StatusAsync("/" + suspended.Code), status => status == HttpStatusCode.Forbidden);
        await Eventually.BecomesAsync(() => replica.Http.GetStringAsync($"/{varies.Code}+"), html => html.Contains("2024", StringComparison.Ordinal));

        await ShowsAsync(Get(Installation.NewCode()), HttpStatusCode.NotFound, $"<h1>{texts.NotFound}</h1>");
        await ShowsAsync(Get(gone.Code), HttpStatusCode.Gone, $"<h1>{texts.Gone}</h1>");
        await ShowsAsync(new HttpRequestMessage(HttpMethod.Put, "/" + gone.Code), HttpStatusCode.MethodNotAllowed, $"<h1>{texts.MethodNotAllowed}</h1>");
        await ShowsAsync(
            Get(varies.Code + "+"), HttpStatusCode.OK, $"<h1>{texts.Where}</h1>", "<p class=\"host\" dir=\"ltr\">e.example</p>", texts.Varies, texts.Created);
        await ShowsAsync(Get(locked.Code + "+"), HttpStatusCode.OK, texts.Protected);
        await ShowsAsync(Get(previewed.Code, Browser.Slackbot), HttpStatusCode.OK, "<h1 lang=\"\" dir=\"auto\">Read this</h1>", $">{texts.Continue}</a>");
        var form = await ShowsAsync(Get(locked.Code), HttpStatusCode.OK, $"<h1>{texts.Locked}</h1>", $"<button>{texts.Continue}</button>");
        for (var i = 0; i < 5; i++)
        {
            await ShowsAsync(Submit(), HttpStatusCode.Forbidden, $"role=\"alert\">{texts.WrongPassword}</p>");
        }

        await ShowsAsync(Submit(), HttpStatusCode.TooManyRequests, $"<h1>{texts.Throttled}</h1>");
        await ShowsAsync(Get(suspended.Code), HttpStatusCode.Forbidden, $"<h1>{texts.Suspended}</h1>");
        await ShowsAsync(Get(evil.Code), HttpStatusCode.Forbidden, texts.Blocked);
        await ShowsAsync(Get(Installation.NewCode()), HttpStatusCode.TooManyRequests, $"<h1>{texts.Limited}</h1>");
        installation.Links.IsAway = true;
        await ShowsAsync(Get(Installation.NewCode()), HttpStatusCode.ServiceUnavailable, $"<h1>{texts.Unavailable}</h1>");

        Task<LinkSnapshot> CreateAsync(LinkBehavior behavior) => installation.CreateAsync(
            Installation.Link(Installation.NewCode(), "https://e.example/") with { Behavior = behavior, CreatedAt = new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero) });

        Task SuspendAsync(LinkSnapshot link)
        {
            var change = new SuspensionChanged("link", link.LinkId.ToString(), true, null, 1, TimeProvider.System.GetUtcNow());
            installation.Links.Suspensions["it"] = change;
            return installation.PublishAsync(change);
        }

        HttpRequestMessage Get(string path, string userAgent = Browser.Desktop)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/" + path);
            request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
            return request;
        }

        HttpRequestMessage Submit() => new(HttpMethod.Post, "/" + locked.Code)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = WebUtility.HtmlDecode(PasswordTests.Token().Match(form).Groups[1].Value), ["password"] = "wrong" }),
        };

        async Task<string> ShowsAsync(HttpRequestMessage request, HttpStatusCode status, params string[] expected)
        {
            request.Headers.TryAddWithoutValidation("Accept", "text/html");
            request.Headers.TryAddWithoutValidation("Accept-Language", acceptLanguage);
            using var answer = await replica.Http.SendAsync(request);
            var html = await answer.Content.ReadAsStringAsync();
            answer.StatusCode.ShouldBe(status, html);
            answer.Content.Headers.ContentLanguage.ShouldBe([texts.Language]);
            answer.Headers.Vary.ShouldContain("Accept-Language");
            html.ShouldContain($"<html lang=\"{texts.Language}\" dir=\"{texts.Direction}\">");
            foreach (var text in expected)
            {
                html.ShouldContain(text);
            }

            return html;
        }
    }

    [Theory]
    [InlineData(null, "en")]
    [InlineData("*", "en")]
    [InlineData("pt-BR, ja;q=0.8", "en")]
    [InlineData("de;q=0, fr;q=x", "en")]
    [InlineData("pt, es-MX;q=0.8, en;q=0.5", "es")]
    [InlineData("en;q=0.2, FR-ca;q=0.3", "fr")]
    public async Task Without_a_translation_pages_are_in_English(string? acceptLanguage, string language)
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + Installation.NewCode());
        request.Headers.TryAddWithoutValidation("Accept", "text/html");
        request.Headers.TryAddWithoutValidation("Accept-Language", acceptLanguage);

        using var answer = await replica.Http.SendAsync(request);

        answer.Content.Headers.ContentLanguage.ShouldBe([language]);
        (await answer.Content.ReadAsStringAsync()).ShouldContain($"<html lang=\"{language}\" dir=\"ltr\">");
    }

    [Fact]
    public async Task Plain_text_is_in_English()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();

        var answer = await RawHttp.SendAsync(replica.Address, $"GET /{Installation.NewCode()} HTTP/1.1\r\nAccept-Language: de");

        answer.ShouldContain("This short link doesn't exist.\nCheck the address");
        RawHttp.Field(answer, "Content-Language").ShouldBeNull();
        RawHttp.Field(answer, "Vary").ShouldBe("Accept");
    }

    /// <summary>A text of each page.</summary>
    public sealed record PageTexts(
        string Language, string Direction, string NotFound, string Gone, string MethodNotAllowed, string Where, string Varies, string Created, string Protected,
        string Locked, string WrongPassword, string Throttled, string Continue, string Suspended, string Blocked, string Limited, string Unavailable);
}
