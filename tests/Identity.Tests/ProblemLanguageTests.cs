using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace LinkShort.Identity.Tests;

public sealed class ProblemLanguageTests(IdentityApplication identity)
{
    [Theory]
    [InlineData("de-AT", "de", "Muss eine E-Mail-Adresse wie ada@example.com sein.", "Mindestens 8 Zeichen.", "Eines von: en, ar, es, fr, de.")]
    [InlineData("nl, fr;q=0.5", "fr", "Doit être une adresse e-mail telle que ada@example.com.", "8 caractères au minimum.", "Une de ces valeurs : en, ar, es, fr, de.")]
    [InlineData("ar", "ar", "يجب أن يكون عنوان بريد إلكتروني مثل ada@example.com.", "الحد الأدنى لعدد الأحرف: 8.", "إحدى القيم: en, ar, es, fr, de.")]
    [InlineData("ja", "en", "Must be an email address such as ada@example.com.", "At least 8 characters.", "One of: en, ar, es, fr, de.")]
    public async Task Errors_of_a_registration_are_in_the_caller_s_language(string accepted, string language, string email, string password, string locale)
    {
        using var response = await SendAsync("/api/v1/auth/register", accepted, new { email = "nobody", password = "x-9Z", locale = "tlh" });

        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "email");
        response.Content.Headers.ContentLanguage.ShouldBe([language]);
        var errors = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["errors"]!;
        ((string)errors["email"]![0]!).ShouldBe(email);
        errors["password"]!.AsArray().Select(message => (string)message!).ShouldContain(password);
        ((string)errors["locale"]![0]!).Replace('\u00a0', ' ').ShouldBe(locale);
    }

    [Fact]
    public async Task A_refused_sign_in_is_explained_in_the_caller_s_language()
    {
        using var response = await SendAsync("/api/v1/auth/login", "es-MX", new { email = Account.NewEmail(), password = Account.Password });

        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        ((string?)problem["title"]).ShouldBe("Correo o contraseña incorrectos");
        ((string?)problem["detail"]).ShouldBe("Ninguna cuenta coincide con este correo y esta contraseña.");
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string accepted, object body)
    {
        using var client = identity.Host.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Accept-Language", accepted);
        return await client.SendAsync(request);
    }
}
