using System.Net;
using LinkShort.Testing;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

[Collection(nameof(WebStand))]
public sealed class AccountTests(WebStand stand)
{
    /// <summary>The consents that an account requires.</summary>
    private static (string Name, string Value)[] Agreed => [("Consents", $"terms@{FakeApi.ConsentVersion}"), ("Consents", $"privacy@{FakeApi.ConsentVersion}")];

    private static string NewEmail() => $"new-{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task A_visitor_signs_up_and_the_link_from_the_home_page_is_created()
    {
        var email = NewEmail();
        using var visitor = stand.Visit();

        var entry = (await visitor.GetAsync("/?url=https%3A%2F%2Fexample.com%2Fwaiting%3Fa%3D1%2B2")).Location!;
        entry.ShouldStartWith("/app/signup?url=");
        var signedUp = await visitor.SubmitAsync(
            entry, "/app/signup", [("name", "Nia"), ("email", email), ("password", "a long password"), .. Agreed]);

        signedUp.Status.ShouldBe(HttpStatusCode.SeeOther);
        var links = await visitor.FollowAsync(signedUp);
        links.Text.ShouldContain("Your short link is ready.");
        links.Text.ShouldContain("example.com/waiting?a=1+2");
        stand.Api.AccountOf(email).Links.ShouldHaveSingleItem().Url.ShouldBe("https://example.com/waiting?a=1+2");
    }

    [Theory]
    [InlineData("de", "ltr", "Erstellen Sie Ihr Konto", "Willkommen bei LinkShort!")]
    [InlineData("ar", "rtl", "أنشئ حسابك", "مرحبًا بك في LinkShort!")]
    public async Task Signing_up_in_a_language_stores_it_in_the_account(string language, string direction, string title, string welcome)
    {
        var email = NewEmail();
        using var visitor = stand.Visit();
        await visitor.GetAsync("/app/language?to=" + language);

        (await visitor.GetAsync("/app/signup")).Text.ShouldContain($"<h1>{title}</h1>");
        var signedUp = await visitor.SubmitAsync("/app/signup", "/app/signup", [("email", email), ("password", "a long password"), .. Agreed]);

        (await visitor.FollowAsync(signedUp)).Text.ShouldContain(welcome);
        var account = stand.Api.AccountOf(email);
        account.Locale.ShouldBe(language);
        using var elsewhere = await stand.VisitSignedInAsync(account);
        (await elsewhere.GetAsync("/app/security")).Html.ShouldContain($"<html lang=\"{language}\" dir=\"{direction}\"");
    }

    [Fact]
    public async Task Consents_are_in_the_language_of_the_page_or_marked_as_English()
    {
        using var visitor = stand.Visit();
        await visitor.GetAsync("/app/language?to=ar");

        var page = await visitor.GetAsync("/app/signup");

        page.Text.ShouldContain("<span lang=\"ar\" dir=\"rtl\">قرأت شروط الاستخدام.</span>");
        page.Text.ShouldContain("<span lang=\"en\" dir=\"ltr\">I have read the privacy notice.</span>");
    }

    [Fact]
    public async Task A_link_that_can_not_be_created_after_signing_up_stays_in_the_form_with_the_reason()
    {
        using var visitor = stand.Visit();

        var signedUp = await visitor.SubmitAsync("/app/signup?url=ftp%3A%2F%2Fexample.com", "/app/signup", [("email", NewEmail()), ("password", "a long password"), .. Agreed]);

        var form = await visitor.FollowAsync(signedUp);
        form.Text.ShouldContain("the link wasn't created. Only http and https addresses can be shortened.");
        form.Text.ShouldContain("value=\"ftp://example.com\"");
    }

    [Fact]
    public async Task Tokens_never_reach_the_browser_and_scripts_can_not_read_the_cookie()
    {
        var account = stand.NewAccount();
        using var visitor = stand.Visit();

        var signedIn = await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", account.Password));
        var page = await visitor.FollowAsync(signedIn);

        var session = signedIn.Response.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("linkshort=", StringComparison.Ordinal));
        session.ShouldContain("httponly", Case.Insensitive);
        session.ShouldContain("samesite=lax", Case.Insensitive);
        session.ShouldNotContain("secure", Case.Insensitive, "plain http on localhost must work");
        foreach (var received in new[] { signedIn.Html, page.Html, signedIn.Response.ToString(), page.Response.ToString() })
        {
            received.ShouldNotContain("access-");
            received.ShouldNotContain("refresh-");
        }
    }

    [Fact]
    public async Task Behind_https_the_cookie_is_secure_and_bound_to_the_host()
    {
        var account = stand.NewAccount();
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
        using var gateway = new HttpClient(handler) { BaseAddress = new Uri(stand.Web.Address) };
        gateway.DefaultRequestHeaders.Add("X-Internal-Key", Servers.InternalKey);
        gateway.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        gateway.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");

        var page = await gateway.GetAsync("/app/signin");
        var fields = Visitor.HiddenFields(await page.Content.ReadAsStringAsync(), "/app/signin").Select(field => KeyValuePair.Create(field.Name, field.Value))
            .Append(new("email", account.Email)).Append(new("password", account.Password));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/app/signin") { Content = new FormUrlEncodedContent(fields) };
        request.Headers.Add("Cookie", page.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]));
        var answer = await gateway.SendAsync(request);

        var session = answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.Contains("linkshort=", StringComparison.Ordinal));
        session.ShouldStartWith("__Host-linkshort=");
        session.ShouldContain("secure", Case.Insensitive);
        session.ShouldContain("path=/", Case.Insensitive);
        session.ShouldNotContain("domain", Case.Insensitive);
    }

    [Fact]
    public async Task A_wrong_password_is_reported_and_the_address_is_kept()
    {
        var account = stand.NewAccount();
        using var visitor = stand.Visit();

        var refused = await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", "guess"));

        refused.Status.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Text.ShouldContain("Wrong email or password.");
        refused.Text.ShouldContain($"value=\"{account.Email}\"");
        refused.Text.ShouldNotContain("guess");
    }

    [Fact]
    public async Task Field_errors_are_shown_at_their_fields()
    {
        using var visitor = stand.Visit();

        var refused = await visitor.SubmitAsync("/app/signup", "/app/signup", [("name", "Nia"), ("email", "not-an-address"), ("password", "a long password"), .. Agreed]);

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldMatch("(?s)id=\"field-email-error\".*This is not an e-mail address\\.");
        refused.Text.ShouldContain("aria-describedby=\"field-email-error\"");
        refused.Text.ShouldContain("value=\"Nia\"");
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_sign_up_is_reported_at_once()
    {
        using var visitor = stand.Visit();

        var refused = await visitor.SubmitAsync("/app/signup", "/app/signup", ("name", "Nia"), ("email", "not-an-address"), ("password", "short"));

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        foreach (var field in new[] { "field-email-error", "field-password-error", "consent-terms", "consent-privacy" })
        {
            refused.Text.ShouldContain($"id=\"{field}\"");
        }

        refused.Text.ShouldContain("value=\"Nia\"");
    }

    [Fact]
    public async Task The_page_stays_in_the_accounts_language_after_signing_out()
    {
        var account = stand.NewAccount();
        account.Locale = "fr";
        using var visitor = await stand.VisitSignedInAsync(account);

        var home = await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", "/app/signout"));

        home.Html.ShouldContain("<html lang=\"fr\"");
    }

    [Fact]
    public async Task A_taken_address_is_reported_at_its_field()
    {
        var account = stand.NewAccount();
        using var visitor = stand.Visit();

        var refused = await visitor.SubmitAsync("/app/signup", "/app/signup", [("email", account.Email), ("password", "a long password"), .. Agreed]);

        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Text.ShouldMatch("(?s)id=\"field-email-error\".*An account with this email address already exists");
    }

    [Theory]
    [InlineData("//evil.example", "/app/links")]
    [InlineData("https://evil.example", "/app/links")]
    [InlineData("/\\evil.example", "/app/links")]
    [InlineData("/\tevil.example", "/app/links")]
    [InlineData("javascript:alert(1)", "/app/links")]
    [InlineData("/abc1234", "/app/links")]
    [InlineData("/app/../abc1234", "/app/links")]
    [InlineData("/app/%2e%2e/abc1234", "/app/links")]
    [InlineData("/app/%2E%2E/abc1234", "/app/links")]
    [InlineData("/application", "/app/links")]
    [InlineData("https:evil.example", "/app/links")]
    [InlineData("http:evil.example", "/app/links")]
    [InlineData("///evil.example", "/app/links")]
    [InlineData("\\\\evil.example", "/app/links")]
    [InlineData("/\\\\evil.example", "/app/links")]
    [InlineData("%2F%2Fevil.example", "/app/links")]
    [InlineData("/%2Fevil.example", "/app/links")]
    [InlineData("/%5Cevil.example", "/app/links")]
    [InlineData("/app/%5C%5Cevil.example", "/app/links")]
    [InlineData("/app\r\nSet-Cookie: x=1", "/app/links")]
    [InlineData("/app/links?x=\u00fc", "/app/links")]
    [InlineData("/app/links?x=\u2028", "/app/links")]
    [InlineData(" /app/links?x=1", "/app/links")]
    [InlineData("data:text/html,x", "/app/links")]
    [InlineData("evil.example", "/app/links")]
    [InlineData("@evil.example", "/app/links")]
    [InlineData("/app/settings/keys?x=1", "/app/settings/keys?x=1")]
    [InlineData("/", "/")]
    public async Task Signing_in_leads_only_to_pages_of_the_web_app(string returnUrl, string expected)
    {
        var account = stand.NewAccount();
        using var visitor = stand.Visit();

        var signedIn = await visitor.SubmitAsync(
            "/app/signin?returnUrl=" + Uri.EscapeDataString(returnUrl), "/app/signin", ("email", account.Email), ("password", account.Password));

        signedIn.Location.ShouldBe(expected);
    }

    [Fact]
    public async Task A_page_that_needs_an_account_leads_through_the_sign_in_page_and_back()
    {
        var account = stand.NewAccount();
        using var visitor = stand.Visit();

        var asked = await visitor.GetAsync("/app/links?search=spring");
        asked.Status.ShouldBe(HttpStatusCode.SeeOther);
        asked.Location.ShouldBe("/app/signin?returnUrl=%2Fapp%2Flinks%3Fsearch%3Dspring");

        (await visitor.SubmitAsync(asked.Location!, "/app/signin", ("email", account.Email), ("password", account.Password))).Location.ShouldBe("/app/links?search=spring");
    }

    [Fact]
    public async Task A_fragment_requested_while_signed_out_sends_the_whole_window_to_sign_in()
    {
        using var visitor = stand.Visit();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/links/new");
        request.Headers.Add("HX-Request", "true");

        var answer = await visitor.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        answer.Headers.GetValues("HX-Redirect").Single().ShouldStartWith("/app/signin?returnUrl=");
    }

    [Fact]
    public async Task Too_many_attempts_show_how_long_to_wait()
    {
        using var visitor = stand.Visit();
        using var limited = stand.Api.Fail("POST", "/auth/register", 429, "rate-limited", retryAfter: 612);

        var refused = await visitor.SubmitAsync("/app/signup", "/app/signup", [("email", NewEmail()), ("password", "a long password"), .. Agreed]);

        refused.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Text.ShouldContain("Try again in 11 minutes.");
    }

    [Fact]
    public async Task A_form_without_its_token_changes_nothing_and_explains_what_to_do()
    {
        var email = NewEmail();
        using var visitor = stand.Visit();

        var refused = await visitor.PostAsync("/app/signup", [("email", email), ("password", "a long password")]);

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("reload the page and submit the form again");
        Should.Throw<KeyNotFoundException>(() => stand.Api.AccountOf(email));
    }

    [Fact]
    public async Task Signing_out_ends_the_session_here_and_at_the_api()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        using var thief = stand.Visit();
        visitor.CopyCookiesTo(thief);

        var home = await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", "/app/signout"));

        home.Text.ShouldContain("You are signed out.");
        account.FamilyRevoked.ShouldBeTrue();
        (await visitor.GetAsync("/app/links")).Location.ShouldStartWith("/app/signin");
        (await thief.GetAsync("/app/links")).Location.ShouldStartWith("/app/signin", Case.Sensitive, "the cookie alone is worthless");
    }

    [Fact]
    public async Task A_session_planted_before_signing_in_is_not_the_session_after()
    {
        var planted = stand.NewAccount();
        var account = stand.NewAccount();
        using var attacker = await stand.VisitSignedInAsync(planted);
        using var visitor = stand.Visit();
        attacker.CopyCookiesTo(visitor);
        // Already signed in as the attacker, the sign-in page redirects; the form is submitted anyway.
        var fields = Visitor.HiddenFields((await visitor.GetAsync("/app/links")).Html, "/app/signout");

        await visitor.PostAsync("/app/signin", [.. fields, ("email", account.Email), ("password", account.Password)]);

        visitor.Cookies["linkshort"]!.Value.ShouldNotBe(attacker.Cookies["linkshort"]!.Value);
        (await attacker.GetAsync("/app/links")).Location.ShouldStartWith("/app/signin");
    }
}
