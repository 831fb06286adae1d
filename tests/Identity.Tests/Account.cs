using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>A registered user, with a client of the API.</summary>
public sealed record Account(ServiceFactory<Program> Host, Guid Id, Guid WorkspaceId, string Email)
{
    public const string Password = "Correct-Horse-7-Battery";

    public static string NewEmail() => $"ada-{Guid.NewGuid():N}@example.com";

    public static async Task<Account> RegisterAsync(ServiceFactory<Program> host)
    {
        using var client = host.CreateClient();
        using var response = await client.PostAsJsonAsync("/api/v1/auth/register", new { email = NewEmail(), password = Password });
        var body = await response.ShouldBeAsync<Registered>(HttpStatusCode.Created);
        return new Account(host, body.UserId, body.WorkspaceId, body.Email);
    }

    public async Task<TokenPair> LogInAsync()
    {
        using var response = await TryLogInAsync(Password);
        return await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
    }

    public async Task<HttpResponseMessage> TryLogInAsync(string password)
    {
        using var client = Host.CreateClient();
        return await client.PostAsJsonAsync("/api/v1/auth/login", new { email = Email, password });
    }

    public async Task<HttpClient> SignedInAsync() => Host.CreateClient((await LogInAsync()).AccessToken);
}

public sealed record Registered(Guid UserId, Guid WorkspaceId, string Email);

public sealed record TokenPair(string AccessToken, string RefreshToken, int ExpiresIn, string TokenType);

public sealed record Profile(
    Guid Id, string Email, bool EmailVerified, string? Name, string Locale, string? TimeZone, string? Theme, string Onboarding, Guid WorkspaceId, string Role, string Plan,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);

public sealed record CreatedKey(
    Guid Id, string Key, string Name, string[] Scopes, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

public sealed record ListedKey(
    Guid Id, string Name, string[] Scopes, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);

public sealed record Exchanged(string AccessToken, int ExpiresIn);

public sealed record Listed<T>(T[] Items, string? NextCursor);

public sealed record Problem(string Type, int Status, string Title, string TraceId, Dictionary<string, string[]>? Errors);

/// <summary>Assertions on responses.</summary>
public static class Answers
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<T> ShouldBeAsync<T>(this HttpResponseMessage response, HttpStatusCode status)
    {
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, body);
        return JsonSerializer.Deserialize<T>(body, Json)!;
    }

    /// <summary>Asserts a problem of this type (RFC 9457).</summary>
    public static async Task<Problem> ShouldBeProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string slug, string? field = null)
    {
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, body);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = JsonSerializer.Deserialize<Problem>(body, Json)!;
        problem.Type.ShouldBe("/problems/" + slug, body);
        problem.Status.ShouldBe((int)status);
        problem.TraceId.ShouldNotBeNullOrEmpty();
        if (field is not null)
        {
            problem.Errors.ShouldNotBeNull(body);
            problem.Errors.Keys.ShouldContain(field, body);
        }

        return problem;
    }

    public static Task<HttpResponseMessage> PostRawAsync(this HttpClient client, string path, string json, string contentType = "application/json") =>
        client.SendRawAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), contentType);

    public static Task<HttpResponseMessage> DeleteAsJsonAsync(this HttpClient client, string path, object body) =>
        client.SendRawAsync(HttpMethod.Delete, path, JsonSerializer.SerializeToUtf8Bytes(body));

    public static async Task<HttpResponseMessage> SendRawAsync(
        this HttpClient client, HttpMethod method, string path, byte[] body, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await client.SendAsync(request);
    }
}
