using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Links.Evaluation;

/// <summary>Client of redirect, which decides where visitors go.</summary>
public sealed class RedirectClient(IHttpClientFactory clients, InternalKey key)
{
    public const string Name = "redirect";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <returns>Null if redirect is unavailable.</returns>
    public async Task<EvaluationResponse?> EvaluateAsync(EvaluationRequest question, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, "https+http://redirect/internal/evaluate") { Content = JsonContent.Create(question, options: Json) };
        request.Headers.Add(InternalKey.Header, key.Key);
        try
        {
            using var response = await clients.CreateClient(Name).SendAsync(request, timeout.Token);
            return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<EvaluationResponse>(Json, timeout.Token) : null;
        }
        catch (Exception exception) when (exception is JsonException || Outages.IsOutageOrDeadline(exception, cancellationToken))
        {
            return null;
        }
    }
}
