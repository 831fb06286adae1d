using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace LinkShort.SystemTests;

/// <summary>A user of the public API, written like a client from its documentation.</summary>
public sealed class LinkShortClient : IDisposable
{
    public const string Password = "Correct-Horse-7-Battery";

    /// <summary>The user agent of a browser, so that clicks are counted.</summary>
    public const string BrowserUserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

    private LinkShortClient(HttpClient http, string email)
    {
        Http = http;
        Email = email;
    }

    public HttpClient Http { get; }

    public string Email { get; }

    public static HttpClient Anonymous(Uri address) =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            // Destinations are sent unchanged in UTF-8; .NET reads headers as ASCII by default.
            ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        })
        { BaseAddress = address };

    public static async Task<LinkShortClient> SignUpAsync(Uri gateway)
    {
        var http = Anonymous(gateway);
        var client = new LinkShortClient(http, $"user-{Guid.NewGuid():N}@example.com");
        using var registered = await http.PostAsJsonAsync("/api/v1/auth/register", new { email = client.Email, password = Password });
        registered.StatusCode.ShouldBe(HttpStatusCode.Created, await registered.Content.ReadAsStringAsync());
        await client.SignInAsync();
        return client;
    }

    /// <summary>Signs in an existing user, whose password is <see cref="Password"/>.</summary>
    public static async Task<LinkShortClient> SignInAsync(Uri gateway, string email)
    {
        var client = new LinkShortClient(Anonymous(gateway), email);
        await client.SignInAsync();
        return client;
    }

    public async Task SignInAsync()
    {
        using var answer = await Http.PostAsJsonAsync("/api/v1/auth/login", new { email = Email, password = Password });
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.GetProperty("accessToken").GetString());
    }

    public async Task<Link> CreateLinkAsync(string url, string? code = null)
    {
        using var answer = await Http.PostAsJsonAsync("/api/v1/links", code is null ? new { url } : (object)new { url, code });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Link>(JsonSerializerOptions.Web))!;
    }

    public async Task<JsonElement> AnalyticsAsync(Guid linkId)
    {
        using var answer = await Http.GetAsync(new Uri($"/api/v1/links/{linkId}/analytics", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<long> ClicksAsync(Guid linkId) => (await AnalyticsAsync(linkId)).GetProperty("totals").GetProperty("clicks").GetInt64();

    /// <summary>Follows a short link as a browser does, up to the redirect.</summary>
    public static async Task<HttpResponseMessage> FollowAsync(Uri host, string code)
    {
        using var http = Anonymous(host);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + code);
        request.Headers.TryAddWithoutValidation("User-Agent", BrowserUserAgent);
        request.Headers.TryAddWithoutValidation("Accept-Language", "en");
        return await http.SendAsync(request);
    }

    /// <summary>The destination, unchanged from the header.</summary>
    public static string? Location(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("Location", out var values) ? values.ToString() : null;

    public void Dispose() => Http.Dispose();
}

/// <summary>The properties of a link that these tests read.</summary>
public sealed record Link(Guid Id, string Code, string ShortUrl, string Url, long Version, long Clicks);
