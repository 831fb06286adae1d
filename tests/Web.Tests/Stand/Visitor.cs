using System.Net;
using System.Text.RegularExpressions;

namespace LinkShort.Web.Tests.Stand;

/// <summary>A browser without script: cookies, forms with all their hidden fields, no automatic redirects.</summary>
internal sealed partial class Visitor(string address) : IDisposable
{
    /// <summary>The forms' hidden field.</summary>
    public const string TokenField = "__RequestVerificationToken";

    private readonly HttpClientHandler _handler = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };

    private HttpClient Client => field ??= new HttpClient(_handler, disposeHandler: false) { BaseAddress = new Uri(address) };

    public CookieCollection Cookies => _handler.CookieContainer.GetCookies(new Uri(address));

    public void SetCookie(string name, string value) => _handler.CookieContainer.Add(new Cookie(name, value, "/", "localhost"));

    public void CopyCookiesTo(Visitor other)
    {
        foreach (Cookie cookie in Cookies)
        {
            other.SetCookie(cookie.Name, cookie.Value);
        }
    }

    public void Dispose() => _handler.Dispose();

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead) =>
        Client.SendAsync(request, completion);

    public async Task<Shown> GetAsync(string path) => await ReadAsync(await Client.GetAsync(new Uri(path, UriKind.Relative)));

    /// <summary>Follows redirects to the page that a user would see.</summary>
    public async Task<Shown> FollowAsync(Shown shown)
    {
        while (shown.Location is { } location)
        {
            shown = await GetAsync(location);
        }

        return shown;
    }

    /// <summary>Fills in the form of a page that posts to <paramref name="action"/>, and submits it like a browser.</summary>
    public async Task<Shown> SubmitAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        var shown = await GetAsync(page);
        shown.Status.ShouldBe(HttpStatusCode.OK, shown.Html);
        return await PostAsync(action, [.. HiddenFields(shown.Html, action), .. fields]);
    }

    public async Task<Shown> PostAsync(string action, IEnumerable<(string Name, string Value)> fields)
    {
        using var content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await ReadAsync(await Client.PostAsync(new Uri(action, UriKind.Relative), content));
    }

    public static IEnumerable<(string Name, string Value)> HiddenFields(string html, string action)
    {
        var form = Forms().Matches(html).Select(match => match.Value).FirstOrDefault(form => form.Contains($"action=\"{action}\"", StringComparison.Ordinal) && form.Contains("method=\"post\"", StringComparison.Ordinal));
        form.ShouldNotBeNull($"There is no form that posts to {action} in:\n{html}");
        return Hidden().Matches(form).Select(input => (Attribute(input.Value, "name"), WebUtility.HtmlDecode(Attribute(input.Value, "value"))));
    }

    public async Task SignInAsync(string email, string password) =>
        (await SubmitAsync("/app/signin", "/app/signin", ("email", email), ("password", password))).Location.ShouldBe("/app/links");

    /// <summary>The token of this signed-in visitor's forms.</summary>
    public async Task<string> ForgeryTokenAsync() =>
        HiddenFields((await GetAsync("/app/links")).Html, "/app/signout").Single(field => field.Name == TokenField).Value;

    private static async Task<Shown> ReadAsync(HttpResponseMessage response) =>
        new(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location?.ToString(), response);

    private static string Attribute(string tag, string name) => Regex.Match(tag, $"\\b{name}=\"([^\"]*)\"").Groups[1].Value;

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("<input[^>]*type=\"hidden\"[^>]*>")]
    private static partial Regex Hidden();
}

internal sealed record Shown(HttpStatusCode Status, string Html, string? Location, HttpResponseMessage Response)
{
    /// <summary>As displayed: entities decoded.</summary>
    public string Text => WebUtility.HtmlDecode(Html);

    public string CacheControl => Response.Headers.CacheControl?.ToString() ?? "";
}
