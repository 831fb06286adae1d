using System.Text.Json;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Analytics.PlanRetention;

/// <summary>How long the workspaces' plans keep single clicks, in days.</summary>
/// <param name="DefaultDays">Of workspaces without an entry; null is unlimited.</param>
/// <param name="ByWorkspace">Null is unlimited.</param>
public sealed record RawClickDays(int? DefaultDays, IReadOnlyDictionary<Guid, int?> ByWorkspace)
{
    public bool AreLimited => DefaultDays is not null || ByWorkspace.Values.Any(days => days is not null);
}

/// <summary>
/// Reads them from billing, which decides them. What is deleted can't be brought back, so a copy that an event failed to update is not enough.
/// </summary>
public sealed class RawClickDaysSource(IHttpClientFactory clients, InternalKey key)
{
    public const string BillingClient = "billing";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <exception cref="Exception">billing is unavailable, or its response is an error or not the expected JSON.</exception>
    public async Task<RawClickDays> ReadAsync(CancellationToken cancellationToken)
    {
        var all = new Dictionary<Guid, int?>();
        for (Guid? after = null; ;)
        {
            var page = await PageAsync(after, cancellationToken);
            foreach (var (workspaceId, days) in page.Workspaces)
            {
                all[workspaceId] = days;
            }

            if (page.Next is null)
            {
                return new RawClickDays(page.DefaultDays, all);
            }

            after = page.Next;
        }
    }

    private async Task<Page> PageAsync(Guid? after, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(BillingClient);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/internal/raw-click-days" + (after is { } id ? $"?after={id}" : ""));
        request.Headers.Add(InternalKey.Header, key.Key);
        using var response = await client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<Page>(Json, cancellationToken) is { Workspaces: not null } page
            ? page
            : throw new JsonException("billing answered /internal/raw-click-days without workspaces.");
    }

    private sealed record Page(int? DefaultDays, IReadOnlyList<Entry> Workspaces, Guid? Next);

    private sealed record Entry(Guid WorkspaceId, int? Days);
}
