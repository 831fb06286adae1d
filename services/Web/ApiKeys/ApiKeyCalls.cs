namespace LinkShort.Web.Api;

/// <summary>Calls that change or rotate an API key.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<ApiKey>> GetApiKeyAsync(Guid id, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get,
            $"/api-keys/{id}",
            null,
            null,
            async response => await ReadAsync<ApiKey>(response, cancellationToken) with { ETag = response.Headers.ETag?.ToString() },
            cancellationToken);

    /// <param name="change">Fields by name; absent ones are not changed.</param>
    /// <param name="etag">Of the version that was edited; if the key has changed since, the API answers 412.</param>
    public Task<ApiResult<Done>> ChangeApiKeyAsync(Guid id, IReadOnlyDictionary<string, object?> change, string? etag, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, $"/api-keys/{id}", change, etag, cancellationToken);

    public Task<ApiResult<CreatedApiKey>> RotateApiKeyAsync(Guid id, int overlapSeconds, CancellationToken cancellationToken) =>
        AskAsync<CreatedApiKey>(HttpMethod.Post, $"/api-keys/{id}/rotate", new { overlapSeconds }, cancellationToken);
}
