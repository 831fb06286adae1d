using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Reads identity's internal endpoints over HTTP.</summary>
public sealed class IdentityClient(IHttpClientFactory clients, InternalKey key)
{
    public const string HttpClientName = "identity";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="pathAndQuery">Such as <c>/internal/features?known=7</c>.</param>
    /// <returns>Null for 204 No Content.</returns>
    /// <exception cref="Exception">identity is unavailable, or its response is an error or not the expected JSON.</exception>
    public async Task<T?> GetAsync<T>(string pathAndQuery, CancellationToken cancellationToken) where T : class
    {
        using var client = clients.CreateClient(HttpClientName);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("https+http://identity" + pathAndQuery));
        request.Headers.Add(InternalKey.Header, key.Key);
        using var response = await client.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken)
            ?? throw new JsonException($"identity answered {pathAndQuery.Split('?')[0]} with null.");
    }
}
