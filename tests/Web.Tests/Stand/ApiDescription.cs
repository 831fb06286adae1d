using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LinkShort.Web.Tests.Stand;

/// <summary>The API's OpenAPI document, as the gateway ships it.</summary>
internal sealed partial class ApiDescription
{
    private static readonly Lazy<Task<ApiDescription>> Loaded = new(ReadAsync);

    private readonly ApiOperation[] _operations;

    private ApiDescription(IEnumerable<ApiOperation> operations) => _operations = [.. operations];

    public static Task<ApiDescription> LoadAsync() => Loaded.Value;

    /// <returns>The operation whose path has the fewest parameters, as routing chooses it; null if there is none.</returns>
    public ApiOperation? Find(string method, string path) => _operations
        .Where(operation => operation.Method.Equals(method, StringComparison.OrdinalIgnoreCase) && operation.Matches(path))
        .MinBy(operation => operation.Path.Count(letter => letter == '{'));

    private static async Task<ApiDescription> ReadAsync()
    {
        var document = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "openapi.json")))!.AsObject();
        return new ApiDescription(
            from path in document["paths"]!.AsObject()
            from operation in path.Value!.AsObject()
            where Methods().IsMatch(operation.Key)
            select new ApiOperation(operation.Key, path.Key, operation.Value!.AsObject(), document["components"]!["schemas"]!.AsObject()));
    }

    [GeneratedRegex("^(get|post|put|patch|delete)$")]
    private static partial Regex Methods();

    /// <summary>A service without its background work: migrations and the bus would wait for servers.</summary>
}
