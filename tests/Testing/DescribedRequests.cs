using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LinkShort.Testing;

/// <summary>Requests to every public operation of a service's OpenAPI document.</summary>
public static partial class DescribedRequests
{
    private const string Unknown = "limt";

    /// <summary>Adds an unknown parameter to each operation, then gives each of its parameters twice.</summary>
    /// <param name="client">Of a user. Operations that this user may not call are left out.</param>
    /// <returns>Requests that were not refused with 400 and the parameter's name, and the number of those that were.</returns>
    public static async Task<(IReadOnlyList<string> Accepted, int Refused)> WithWrongParametersAsync(HttpClient client)
    {
        var accepted = new List<string>();
        var refused = 0;
        foreach (var (method, path, parameters) in await OperationsAsync(client))
        {
            foreach (var (name, query) in parameters.Select(name => (name, $"{name}=1&{name.ToUpperInvariant()}=1")).Prepend((Unknown, $"{Unknown}=1")))
            {
                using var request = new HttpRequestMessage(method, $"{path}?{query}");
                using var response = await client.SendAsync(request);
                if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                {
                    continue;
                }

                var isNamed = response.StatusCode == HttpStatusCode.BadRequest
                    && (await response.Content.ReadFromJsonAsync<JsonObject>())?["errors"] is JsonObject errors
                    && errors.Any(error => error.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
                if (isNamed)
                {
                    refused++;
                }
                else
                {
                    accepted.Add($"{method} {path}?{query}: {(int)response.StatusCode}");
                }
            }
        }

        return (accepted, refused);
    }

    /// <returns>Paths whose status or content type for HEAD differs from that for GET.</returns>
    public static async Task<IReadOnlyList<string>> WithDifferentHeadAsync(HttpClient client)
    {
        var different = new List<string>();
        foreach (var (_, path, _) in (await OperationsAsync(client)).Where(operation => operation.Method == HttpMethod.Get))
        {
            var (get, head) = (await AnswerAsync(HttpMethod.Get, path), await AnswerAsync(HttpMethod.Head, path));
            if (get != head)
            {
                different.Add($"{path}: GET {get}, HEAD {head}");
            }
        }

        return different;

        async Task<string> AnswerAsync(HttpMethod method, string path)
        {
            using var request = new HttpRequestMessage(method, path);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return $"{(int)response.StatusCode} {response.Content.Headers.ContentType}";
        }
    }

    private static async Task<List<(HttpMethod Method, string Path, string[] Parameters)>> OperationsAsync(HttpClient client)
    {
        var document = (await client.GetFromJsonAsync<JsonObject>("/openapi/v1.json"))!;
        return
        [
            .. from path in document["paths"]!.AsObject()
            where path.Key.StartsWith("/api/v1/", StringComparison.Ordinal)
            from operation in path.Value!.AsObject()
            where Methods().IsMatch(operation.Key)
            let parameters = (operation.Value!["parameters"] as JsonArray ?? []).Select(parameter => parameter!)
            let single = parameters.Where(parameter => (string)parameter["in"]! == "query" && (parameter["schema"]?["type"] as JsonValue)?.ToString() != "array")
            select (new HttpMethod(operation.Key.ToUpperInvariant()), Placeholder().Replace(path.Key, _ => Guid.CreateVersion7().ToString()),
                single.Select(parameter => (string)parameter["name"]!).ToArray()),
        ];
    }

    [GeneratedRegex("^(get|post|put|patch|delete)$")]
    private static partial Regex Methods();

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Placeholder();
}
