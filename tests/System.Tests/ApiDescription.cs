using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LinkShort.SystemTests;

/// <summary>
/// Every operation of the public API, read from the merged OpenAPI document, so that new operations are tested without being listed.
/// </summary>
/// <param name="Path">With parameters in braces, e.g. <c>/api/v1/links/{id}</c>.</param>
/// <param name="BodyProperties">Names of the JSON body's properties; null without a JSON body.</param>
public sealed partial record ApiOperation(HttpMethod Method, string Path, IReadOnlyList<string> QueryParameters, IReadOnlyList<string>? BodyProperties)
{
    /// <summary>A request with this value for every path parameter.</summary>
    public HttpRequestMessage Request(string id, string query = "") => new(Method, Parameter().Replace(Path, _ => id) + query);

    public static async Task<IReadOnlyList<ApiOperation>> ReadAllAsync(Uri gateway)
    {
        using var http = LinkShortClient.Anonymous(gateway);
        var document = await http.GetFromJsonAsync<JsonElement>("/api/v1/openapi.json");
        document.GetProperty("openapi").GetString().ShouldStartWith("3.1");
        return [.. from path in document.GetProperty("paths").EnumerateObject()
                   from operation in path.Value.EnumerateObject()
                   where operation.Name is "get" or "post" or "put" or "patch" or "delete"
                   select new ApiOperation(
                       new HttpMethod(operation.Name.ToUpperInvariant()), path.Name, Query(operation.Value), Body(document, operation.Value))];
    }

    /// <summary>The path prefix of operations for operators of the installation.</summary>
    public const string OfOperators = "/api/v1/admin/";

    public override string ToString() => $"{Method} {Path}";

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();

    private static IReadOnlyList<string> Query(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters)
            ? [.. parameters.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "query").Select(parameter => parameter.GetProperty("name").GetString()!)]
            : [];

    private static IReadOnlyList<string>? Body(JsonElement document, JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out var body)
            || !body.GetProperty("content").TryGetProperty("application/json", out var json)
            || !json.TryGetProperty("schema", out var schema))
        {
            return null;
        }

        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        return schema.TryGetProperty("properties", out var properties) ? [.. properties.EnumerateObject().Select(property => property.Name)] : [];
    }
}
