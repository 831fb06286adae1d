using System.Text;
using System.Text.RegularExpressions;
using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Tests.Http;

public sealed partial class ProblemLanguageTests : IAsyncLifetime
{
    private TestedService _service = null!;

    public static TheoryData<string> Slugs => [.. Problems.All.Keys];

    public async ValueTask InitializeAsync() => _service = await TestedService.StartAsync(app =>
    {
        var open = app.MapGroup("").AllowAnonymous();
        open.MapPost("/things", (Thing thing) => Results.Ok(thing));
        open.MapGet("/things", (int limit) => Results.Ok(limit));
        open.MapGet("/taken", () => Problems.CodeTaken.Result());
        open.MapGet("/own", () => Problems.Conflict.Result(LocalizedText.Verbatim("In any language.")));
    });

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [MemberData(nameof(Slugs))]
    public void Every_type_is_explained_in_every_language_with_the_same_code(string slug)
    {
        var type = Problems.All[slug];
        foreach (var language in Language.All)
        {
            var (title, explanation) = (type.TitleIn(language), type.ExplanationIn(language));
            CodeIn(title).ShouldBe(CodeIn(type.Title));
            CodeIn(explanation).ShouldBe(CodeIn(type.Explanation), ignoreOrder: true);
            // "Bad Gateway" is German, too.
            if (language != Language.English && slug != "bad-gateway")
            {
                title.ShouldNotBe(type.Title);
                explanation.ShouldNotBe(type.Explanation);
            }
        }

        (type.TitleIn(Language.English), type.ExplanationIn(Language.English)).ShouldBe((type.Title, type.Explanation));
    }

    [Theory]
    [InlineData("de-AT", "de", "Kurzcode bereits vergeben")]
    [InlineData("nl, fr;q=0.5", "fr", "Code court déjà utilisé")]
    [InlineData("en;q=0.1, ar", "ar", "الرمز القصير مستخدم بالفعل")]
    [InlineData("ja", "en", "Short code already taken")]
    [InlineData("*", "en", "Short code already taken")]
    [InlineData(null, "en", "Short code already taken")]
    public async Task The_caller_s_language_is_used_and_reported(string? accepted, string language, string title)
    {
        using var response = await SendAsync(HttpMethod.Get, "/taken", accepted);

        var problem = await response.ShouldBeProblemAsync(409, "code-taken");
        problem["title"]!.GetValue<string>().ShouldBe(title);
        problem["detail"]!.GetValue<string>().ShouldBe(Problems.CodeTaken.ExplanationIn(Language.Find(language)!));
        response.Content.Headers.ContentLanguage.ShouldBe([language]);
        response.Headers.Vary.ShouldBe(["Accept-Language"]);
    }

    [Fact]
    public async Task A_text_that_needs_no_translation_stays()
    {
        using var response = await SendAsync(HttpMethod.Get, "/own", "es");

        var problem = await response.ShouldBeProblemAsync(409, "conflict");
        (problem["title"]!.GetValue<string>(), problem["detail"]!.GetValue<string>()).ShouldBe(("Conflicto", "In any language."));
    }

    [Theory]
    [InlineData("GET", "/nowhere", null, "not-found", 404, "Nicht gefunden")]
    [InlineData("DELETE", "/things", null, "method-not-allowed", 405, "Methode nicht erlaubt")]
    [InlineData("GET", "/things?limit=%00", null, "bad-request", 400, "Fehlerhafte Anfrage")]
    [InlineData("GET", "/things?limit=x", null, "validation", 400, "Einige Felder sind ungültig")]
    public async Task Failures_of_the_framework_are_translated(string method, string path, string? body, string slug, int status, string title)
    {
        using var response = await SendAsync(new HttpMethod(method), path, "de", body);

        (await response.ShouldBeProblemAsync(status, slug))["title"]!.GetValue<string>().ShouldBe(title);
        response.Content.Headers.ContentLanguage.ShouldBe(["de"]);
    }

    [Theory]
    [InlineData("""{}""", "name", "This is required.", "Diese Angabe ist erforderlich.")]
    [InlineData("""{"name":5}""", "name", "Must be text.", "Muss Text sein.")]
    [InlineData("""{"name":"a\u0000b"}""", "name", "The character U+0000 is not allowed.", "Das Zeichen U+0000 ist nicht erlaubt.")]
    [InlineData("""{"name":"\ud800"}""", "name", "Not valid Unicode text.", "Kein gültiger Unicode-Text.")]
    [InlineData("""{"name":"a","count":1.5}""", "count", "Must be a whole number from -2147483648 to 2147483647.", "Muss eine ganze Zahl von -2147483648 bis 2147483647 sein.")]
    [InlineData("""{"name":"a","size":"x"}""", "size", "Must be a whole number from -9223372036854775808 to 9223372036854775807.", "Muss eine ganze Zahl von -9223372036854775808 bis 9223372036854775807 sein.")]
    [InlineData("""{"name":"a","at":"noon"}""", "at", Rfc3339.Rule, "Muss ein Zeitpunkt mit seinem Abstand zu UTC sein, etwa 2026-11-21T08:30:00Z oder 2026-11-21T09:30:00+01:00.")]
    [InlineData("""{"name":"a","at":"2026-12-31T23:59:60Z"}""", "at", "A leap second (:60) can't be stored. Use :59, or the start of the next minute.", "Eine Schaltsekunde (:60) kann nicht gespeichert werden. Verwenden Sie :59 oder den Beginn der nächsten Minute.")]
    [InlineData("""{"name":"a","colour":1}""", "colour", "Unknown field.", "Unbekanntes Feld.")]
    [InlineData("""{"name":"a","name":"b"}""", "name", "Duplicate field.", "Das Feld kommt mehrfach vor.")]
    [InlineData("""{""", "body", "The body is not valid JSON for this request.", "Der Body ist kein gültiges JSON für diese Anfrage.")]
    [InlineData("", "body", "A JSON body is required.", "Ein JSON-Body ist erforderlich.")]
    public async Task Errors_in_JSON_are_translated(string body, string field, string english, string german)
    {
        foreach (var (language, expected) in new[] { ("en", english), ("de", german) })
        {
            using var response = await SendAsync(HttpMethod.Post, "/things", language, body);

            var problem = await response.ShouldBeProblemAsync(400, "validation");
            problem["errors"]![field]![0]!.GetValue<string>().ShouldBe(expected);
        }
    }

    private static IEnumerable<string> CodeIn(string text) => Code().Matches(text).Select(match => match.Value);

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? accepted, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (accepted is not null)
        {
            request.Headers.Add("Accept-Language", accepted);
        }

        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await _service.Client.SendAsync(request);
    }

    public sealed record Thing(string Name, int Count = 0, long Size = 0, DateTimeOffset? At = null);
}
