using System.Net;

namespace LinkShort.Links.Tests;

public sealed class ProblemLanguageTests(LinksFixture fixture)
{
    private const string Body = """{"url":"ftp://example.com/","code":"api","maxClicks":0,"tags":[""],"rules":[{"url":"https://example.com/","when":{}}]}""";

    private static readonly string[] Fields = ["url", "code", "maxClicks", "tags[0]", "rules[0].when"];

    [Theory]
    [InlineData(
        "de-AT", "de", "Einige Felder sind ungültig", "Muss eine URL sein, die mit http:// oder https:// beginnt.", "„api“ ist reserviert. Wählen Sie einen anderen Code.",
        "Von 1 bis 1.000.000.000.")]
    [InlineData(
        "nl, fr;q=0.5", "fr", "Certains champs sont invalides", "Doit être une URL commençant par http:// ou https://.", "« api » est réservé. Choisissez un autre code.",
        "De 1 à 1 000 000 000.")]
    [InlineData("ar", "ar", "بعض الحقول غير صالحة", "يجب أن يكون عنوان URL يبدأ بـ http:// أو https://.", "الرمز «api» محجوز. اختر رمزًا آخر.", "من 1 إلى 1,000,000,000.")]
    [InlineData(
        "ja", "en", "Some fields are invalid", "Must be a URL that starts with http:// or https://.", "'api' is reserved. Choose another code.",
        "From 1 to 1,000,000,000.")]
    public async Task Errors_of_fields_are_in_the_caller_s_language(string accepted, string language, string title, string url, string code, string maxClicks)
    {
        using var client = fixture.Links.ClientOf();

        var answer = await client.SendAsync(HttpMethod.Post, "/api/v1/links", Body, ("Accept-Language", accepted));

        var problem = answer.ShouldBeProblem(HttpStatusCode.BadRequest, "validation");
        answer.Header("Content-Language").ShouldBe(language);
        answer.Header("Vary").ShouldBe("Accept-Language");
        ((string?)problem["title"]).ShouldBe(title);
        var errors = problem["errors"]!.AsObject();
        errors.Select(error => error.Key).ShouldBe(Fields, ignoreOrder: true);
        Message("url").ShouldBe(url);
        Message("code").ShouldBe(code);
        Message("maxClicks").ShouldBe(maxClicks);

        // No-break spaces and separators of digits are typography, not words.
        string Message(string field) => ((string)errors[field]![0]!).Replace('\u00a0', ' ').Replace('\u202f', ' ').Replace('\u066c', ',');
    }

    [Fact]
    public async Task A_repeated_request_gets_the_language_of_its_first_answer()
    {
        using var client = fixture.Links.ClientOf();
        var code = "taken-" + Guid.NewGuid().ToString("N")[..8];
        await client.CreatedAsync(new { url = "https://example.com/", code });
        var key = Guid.NewGuid().ToString();

        foreach (var accepted in new[] { "es", "de" })
        {
            var answer = await client.SendAsync(
                HttpMethod.Post, "/api/v1/links", new { url = "https://example.com/", code }, ("Idempotency-Key", key), ("Accept-Language", accepted));

            ((string?)answer.ShouldBeProblem(HttpStatusCode.Conflict, "code-taken")["title"]).ShouldBe("El código corto ya está en uso");
            answer.Header("Content-Language").ShouldBe("es");
        }
    }
}
