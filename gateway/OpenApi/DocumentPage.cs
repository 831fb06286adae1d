using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.Gateway.Forwarding;

namespace LinkShort.Gateway.OpenApi;

/// <summary>Renders the API document as one page without scripts: operations by tag, each collapsible.</summary>
internal sealed class DocumentPage
{
    /// <summary>Fields are expanded to this depth; deeper ones show the name of their type.</summary>
    private const int DeepestFields = 4;

    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];
    private static readonly string[] Combinations = ["oneOf", "anyOf", "allOf"];

    private readonly StringBuilder _html = new();
    private readonly JsonObject _document;

    private DocumentPage(JsonObject document) => _document = document;

    public static string Render(JsonObject document) => new DocumentPage(document).Render();

    private string Render()
    {
        var info = _document["info"];
        Add($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Of(info?["title"])}</title>
            <link rel="stylesheet" href="{FailurePage.Stylesheet}">
            </head>
            <body>
            <header>
            <p class="brand"><a href="/">LinkShort</a></p>
            <h1>{Of(info?["title"])} <small>{Of(info?["version"])}</small></h1>
            <p>{Of(info?["description"])}</p>
            <p>Send <code>Authorization: Bearer …</code> with an access token or an API key. OpenAPI 3.1 document: <a href="/api/v1/openapi.json">openapi.json</a></p>
            </header>
            <div class="columns">

            """);
        var groups = Operations().GroupBy(operation => operation.Tag, StringComparer.OrdinalIgnoreCase).OrderBy(group => group.Key, StringComparer.OrdinalIgnoreCase).ToList();
        Add("<nav aria-label=\"Groups\"><ul>\n");
        foreach (var group in groups)
        {
            Add($"<li><a href=\"#{Anchor(group.Key)}\">{Of(group.Key)}</a> <span class=\"faint\">{group.Count()}</span></li>\n");
        }

        Add("</ul></nav>\n<main>\n");
        if (groups.Count == 0)
        {
            Add("<p>No service has published its part of the API description yet. Reload this page in a moment.</p>\n");
        }

        foreach (var group in groups)
        {
            Add($"<section>\n<h2 id=\"{Anchor(group.Key)}\">{Of(group.Key)}</h2>\n");
            foreach (var operation in group)
            {
                AddOperation(operation);
            }

            Add("</section>\n");
        }

        Add("</main>\n</div>\n</body>\n</html>\n");
        return _html.ToString();
    }

    private IEnumerable<Operation> Operations() =>
        from path in _document["paths"] as JsonObject ?? []
        let item = path.Value as JsonObject
        where item is not null
        from method in Methods
        let operation = item[method] as JsonObject
        where operation is not null
        select new Operation(method, path.Key, (operation["tags"] as JsonArray)?.FirstOrDefault()?.GetValue<string>() ?? "Other", operation, item);

    private void AddOperation(Operation operation)
    {
        var spec = operation.Spec;
        var isAnonymous = spec["security"] is JsonArray { Count: 0 };
        Add($"""
            <details id="{Anchor(operation.Method + operation.Path)}">
            <summary><span class="verb {operation.Method}">{operation.Method.ToUpperInvariant()}</span> <code>{Of(operation.Path)}</code> <span class="faint">{Of(spec["summary"])}</span></summary>

            """);
        AddParagraph(spec["description"]);
        Add(isAnonymous ? "<p class=\"faint\">No token required.</p>\n" : "");

        var parameters = (operation.PathItem["parameters"] as JsonArray ?? []).Concat(spec["parameters"] as JsonArray ?? []).Select(Resolve).OfType<JsonObject>().ToList();
        if (parameters.Count > 0)
        {
            Add("<h3>Parameters</h3>\n<table><thead><tr><th>Name</th><th>In</th><th>Type</th><th></th></tr></thead><tbody>\n");
            foreach (var parameter in parameters)
            {
                var required = IsTrue(parameter["required"]) ? " <span class=\"must\">required</span>" : "";
                Add($"<tr><td><code>{Of(parameter["name"])}</code>{required}</td><td>{Of(parameter["in"])}</td><td>{Of(TypeOf(parameter["schema"]))}</td><td>{Of(parameter["description"])}</td></tr>\n");
            }

            Add("</tbody></table>\n");
        }

        if (Resolve(spec["requestBody"]) is JsonObject body)
        {
            Add("<h3>Request body</h3>\n");
            AddParagraph(body["description"]);
            AddContent(body["content"]);
        }

        Add("<h3>Responses</h3>\n");
        foreach (var (status, answer) in (spec["responses"] as JsonObject ?? []).OrderBy(answer => answer.Key, StringComparer.Ordinal))
        {
            var resolved = Resolve(answer);
            Add($"<div class=\"answer\"><p><span class=\"status s{Of(status[..1])}\">{Of(status)}</span> {Of(resolved?["description"])}</p>\n");
            AddContent(resolved?["content"]);
            Add("</div>\n");
        }

        Add("</details>\n");
    }

    private void AddContent(JsonNode? content)
    {
        foreach (var (type, value) in content as JsonObject ?? [])
        {
            var schema = value?["schema"];
            Add($"<p class=\"faint\"><code>{Of(type)}</code> {Of(TypeOf(schema))}</p>\n");
            // All problems have the same fields, so the word is enough.
            if (type != "application/problem+json")
            {
                AddFields(schema, 0, []);
            }
        }
    }

    private void AddFields(JsonNode? schema, int depth, HashSet<string> above)
    {
        var name = Text(schema?["$ref"]) ?? Text(schema?["items"]?["$ref"]);
        if (depth >= DeepestFields || (name is not null && !above.Add(name)))
        {
            return;
        }

        foreach (var part in Parts(schema))
        {
            if (part["properties"] is not JsonObject { Count: > 0 } properties)
            {
                continue;
            }

            var required = (part["required"] as JsonArray ?? []).Select(Text).ToHashSet();
            Add("<ul class=\"fields\">\n");
            foreach (var (field, value) in properties)
            {
                var resolved = Resolve(value);
                var must = required.Contains(field) ? " <span class=\"must\">required</span>" : "";
                Add($"<li><code>{Of(field)}</code> <span class=\"type\">{Of(TypeOf(value))}</span>{must} {Of(value?["description"] ?? resolved?["description"])}\n");
                AddFields(value, depth + 1, above);
                Add("</li>\n");
            }

            Add("</ul>\n");
        }

        if (name is not null)
        {
            above.Remove(name);
        }
    }

    /// <summary>The object schemas that a schema consists of: itself, an array's items, and its allOf, oneOf or anyOf.</summary>
    private IEnumerable<JsonNode> Parts(JsonNode? schema)
    {
        var resolved = Resolve(schema);
        if (resolved is null)
        {
            return [];
        }

        var inner = Combinations.SelectMany(kind => resolved[kind] as JsonArray ?? []).Append(resolved["items"]);
        return inner.Where(part => part is not null).SelectMany(part => Parts(part)).Prepend(resolved);
    }

    private string TypeOf(JsonNode? schema)
    {
        if (schema is not JsonObject)
        {
            return "";
        }

        if (Text(schema["$ref"]) is { } reference)
        {
            return reference[(reference.LastIndexOf('/') + 1)..];
        }

        foreach (var kind in Combinations)
        {
            if (schema[kind] is JsonArray choices)
            {
                return string.Join(" or ", choices.Select(TypeOf).Where(type => type.Length > 0));
            }
        }

        var types = schema["type"] switch
        {
            JsonArray several => string.Join(" or ", several.Select(Text)),
            { } one => Text(one) ?? "",
            null => "",
        };
        if (schema["items"] is { } items)
        {
            types += " of " + TypeOf(items);
        }

        var details = new[] { Text(schema["format"]), Bounds(schema), Values(schema) }.Where(detail => !string.IsNullOrEmpty(detail));
        return string.Join(", ", details.Prepend(types));
    }

    private static string? Values(JsonNode schema) =>
        schema["enum"] is JsonArray values ? "one of " + string.Join(", ", values.OfType<JsonNode>()) : null;

    private static string? Bounds(JsonNode schema)
    {
        var (from, to) = (schema["minimum"] ?? schema["minLength"], schema["maximum"] ?? schema["maxLength"]);
        return (from, to) switch
        {
            (null, null) => null,
            (null, _) => $"up to {to}",
            (_, null) => $"from {from}",
            _ => $"{from} to {to}",
        };
    }

    private JsonNode? Resolve(JsonNode? node)
    {
        // No chain of references is longer than this, and circular references must end.
        for (var i = 0; i < 8 && Text(node?["$ref"]) is { } reference && reference.StartsWith("#/", StringComparison.Ordinal); i++)
        {
            node = reference[2..].Split('/').Aggregate((JsonNode?)_document, (at, step) => at?[step]);
        }

        return node;
    }

    private void AddParagraph(JsonNode? text)
    {
        if (Text(text) is { Length: > 0 } content)
        {
            Add($"<p>{Of(content)}</p>\n");
        }
    }

    private void Add(string html) => _html.Append(html);

    private static string Of(JsonNode? text) => Of(Text(text));

    private static string Of(string? text) => WebUtility.HtmlEncode(text ?? "");

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var isTrue) && isTrue;

    private static string Anchor(string text) =>
        string.Join('-', text.Split(['/', '{', '}', ' ', ':', '*'], StringSplitOptions.RemoveEmptyEntries)).ToLower(CultureInfo.InvariantCulture) is var anchor
            ? Of(anchor)
            : "";

    private sealed record Operation(string Method, string Path, string Tag, JsonObject Spec, JsonObject PathItem);
}
