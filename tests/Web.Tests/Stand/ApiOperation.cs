using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace LinkShort.Web.Tests.Stand;

/// <summary>One operation of an OpenAPI document, and its schemas of bodies (https://spec.openapis.org/oas/v3.1.1, JSON Schema 2020-12).</summary>
internal sealed class ApiOperation(string method, string path, JsonObject operation, JsonObject components)
{
    private const string ComponentReference = "#/components/schemas/";

    private static readonly EvaluationOptions Listed = new() { OutputFormat = OutputFormat.List };

    /// <summary>Limits of values. Tests send values beyond them on purpose: the API reports those as validation errors.</summary>
    private static readonly string[] Limits = ["format", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern"];

    private readonly Regex _pattern = new("^" + Regex.Replace(Regex.Escape(path.TrimEnd('/')), @"\\\{[^/]+?}", "[^/]+") + "/?$", RegexOptions.IgnoreCase);
    private readonly ConcurrentDictionary<string, JsonSchema> _schemas = new();

    public string Method => method;

    public string Path => path;

    public bool Matches(string requested) => _pattern.IsMatch(requested);

    /// <returns>What the request body has that the document doesn't allow.</returns>
    /// <param name="json">Null for a request without a body.</param>
    /// <param name="mediaType">Of the body.</param>
    public IEnumerable<string> CheckRequest(string? json, string? mediaType = null)
    {
        var body = operation["requestBody"] as JsonObject;
        if (json is not null && mediaType is not (null or "application/json"))
        {
            return body?["content"]?[mediaType] is null ? [$"The operation doesn't take {mediaType}."] : [];
        }

        if (json is null)
        {
            return body?["required"]?.GetValue<bool>() == true ? ["The request needs a body."] : [];
        }

        return body?["content"]?["application/json"]?["schema"] is { } schema
            ? Check("request", schema, json, limits: false)
            : ["The request has a body, but the operation takes none."];
    }

    /// <returns>What the response has that the document doesn't allow.</returns>
    /// <param name="isFile">The framework doesn't describe the content of files.</param>
    public IEnumerable<string> CheckResponse(int status, string? mediaType, string body, bool isFile)
    {
        if (operation["responses"]?[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] is not { } response)
        {
            return [$"The operation doesn't answer {status}."];
        }

        if (response["content"] is not JsonObject { Count: > 0 } content)
        {
            return body.Length == 0 || isFile ? [] : [$"{status} has no body."];
        }

        if (mediaType is null || content[mediaType] is not { } described)
        {
            return [$"{status} is {string.Join(" or ", content.Select(each => each.Key))}, not {mediaType ?? "empty"}."];
        }

        return mediaType.EndsWith("json", StringComparison.Ordinal) && described["schema"] is { } schema
            ? Check($"{status} {mediaType}", schema, body, limits: true)
            : [];
    }

    private IEnumerable<string> Check(string key, JsonNode schema, string json, bool limits)
    {
        var built = _schemas.GetOrAdd(key, _ => JsonSchema.FromText(Complete(schema, limits)));
        using var instance = JsonDocument.Parse(json);
        var results = built.Evaluate(instance.RootElement, Listed);
        return results.IsValid
            ? []
            : (results.Details ?? []).Where(detail => detail.Errors is { Count: > 0 })
                .SelectMany(detail => detail.Errors!.Select(error => $"{key} at {detail.InstanceLocation}: {error.Key} {error.Value}"));
    }

    /// <summary>The schema with every component that it leads to, closed against members that the document doesn't name.</summary>
    private string Complete(JsonNode schema, bool limits)
    {
        var definitions = new JsonObject();
        var root = schema.DeepClone();
        var open = new Stack<JsonNode>([root]);
        while (open.TryPop(out var node))
        {
            foreach (var name in References(node).Except(definitions.Select(definition => definition.Key)).ToArray())
            {
                var component = components[name]!.DeepClone();
                Close(component);
                definitions[name] = component;
                open.Push(component);
            }
        }

        Close(root);
        var complete = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["allOf"] = new JsonArray(root), ["$defs"] = definitions };
        if (!limits)
        {
            RemoveLimits(complete);
        }

        return complete.ToJsonString().Replace(ComponentReference, "#/$defs/", StringComparison.Ordinal);
    }

    /// <summary>Forbids unnamed members. A null is both branches of a nullable value of any type, so <c>oneOf</c> becomes <c>anyOf</c>.</summary>
    private static void Close(JsonNode? node)
    {
        if (node is JsonObject nullable && nullable["oneOf"] is JsonArray branches)
        {
            nullable.Remove("oneOf");
            nullable["anyOf"] = branches;
        }

        if (node is JsonObject schema && schema["properties"] is { } properties && !IsProblem(properties))
        {
            schema.TryAdd("additionalProperties", false);
        }

        foreach (var child in Children(node))
        {
            Close(child);
        }
    }

    /// <summary>Problem details have extension members (RFC 9457, 3.2).</summary>
    private static bool IsProblem(JsonNode properties) => properties["instance"] is not null && properties["detail"] is not null;

    private static void RemoveLimits(JsonNode? node)
    {
        if (node is JsonObject schema)
        {
            foreach (var limit in Limits.Where(limit => schema[limit] is JsonValue).ToArray())
            {
                schema.Remove(limit);
            }
        }

        foreach (var child in Children(node))
        {
            RemoveLimits(child);
        }
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) && text.StartsWith(ComponentReference, StringComparison.Ordinal) =>
            [text[ComponentReference.Length..]],
        _ => Children(node).SelectMany(References),
    };

    private static JsonNode?[] Children(JsonNode? node) => node switch
    {
        JsonObject members => members.Select(member => member.Value).ToArray(),
        JsonArray items => items.ToArray(),
        _ => [],
    };
}
