using System.Text.Json.Nodes;

namespace LinkShort.Gateway.Tests;

/// <summary>
/// Merges the services' OpenAPI 3.1 documents (https://spec.openapis.org/oas/v3.1.1): public paths only, equal components once, different
/// components of the same name under two names, and no component that isn't referenced.
/// </summary>
internal static class DocumentMerge
{
    private const string PublicPrefix = "/api/v1";
    private const string ComponentReference = "#/components/";
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    public static JsonObject Merge(IReadOnlyList<(string Service, JsonObject Document)> documents)
    {
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var components = new JsonObject();
        var tags = new SortedDictionary<string, JsonNode>(StringComparer.OrdinalIgnoreCase);
        var operationIds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (service, original) in documents)
        {
            var document = (JsonObject)original.DeepClone();
            Rename(document, Collisions(document, components, service));
            AddPaths(document, service, paths, operationIds);
            AddComponents(document, components);
            foreach (var tag in (document["tags"] as JsonArray ?? []).OfType<JsonObject>())
            {
                tags.TryAdd(tag["name"]?.GetValue<string>() ?? "", tag.DeepClone());
            }
        }

        var merged = new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "LinkShort API",
                ["version"] = "1.0",
                ["description"] = "Short links, their destinations and their clicks. Errors are problem details (RFC 9457); "
                    + "the RateLimit fields report rate limits; lists are paged by an opaque cursor.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = new JsonObject(paths.Select(path => KeyValuePair.Create(path.Key, (JsonNode?)path.Value))),
        };
        Prune(merged, components);
        components["securitySchemes"] = new JsonObject
        {
            ["bearer"] = new JsonObject
            {
                ["type"] = "http",
                ["scheme"] = "bearer",
                ["bearerFormat"] = "JWT or API key",
                ["description"] = "An access token from POST /api/v1/auth/login, or an API key (ls_live_…).",
            },
        };
        merged["components"] = components;
        merged["tags"] = new JsonArray([.. Tags(merged, tags)]);
        return merged;
    }

    private static void AddPaths(
        JsonObject document, string service, SortedDictionary<string, JsonObject> paths, HashSet<string> operationIds)
    {
        foreach (var (path, item) in Objects(document["paths"]).Where(path => IsPublic(path.Key)))
        {
            var operations = paths.TryGetValue(path, out var known) ? known : paths[path] = [];
            foreach (var (member, value) in item.ToArray())
            {
                item.Remove(member);
                if (value is JsonObject operation && Methods.Contains(member))
                {
                    Complete(operation, service, operationIds);
                }

                operations.TryAdd(member, value);
            }
        }
    }

    private static void AddComponents(JsonObject document, JsonObject components)
    {
        foreach (var (section, entries) in Objects(document["components"]))
        {
            var target = components[section] as JsonObject ?? (JsonObject)(components[section] = new JsonObject());
            foreach (var (name, value) in entries.ToArray())
            {
                entries.Remove(name);
                target.TryAdd(name, value);
            }
        }
    }

    private static bool IsPublic(string path) => path.StartsWith(PublicPrefix + "/", StringComparison.Ordinal);

    /// <summary>Operations without <c>security</c> need a token; anonymous ones have an empty list. Every operation is rate-limited.</summary>
    private static void Complete(JsonObject operation, string service, HashSet<string> operationIds)
    {
        operation.TryAdd("security", new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }));
        if (operation["operationId"]?.GetValue<string>() is { } id && !operationIds.Add(id))
        {
            operation["operationId"] = id = Capitalized(service) + id;
            operationIds.Add(id);
        }

        if (operation["responses"] is JsonObject responses)
        {
            responses.TryAdd("429", new JsonObject
            {
                ["description"] = "Too many requests",
                ["headers"] = new JsonObject
                {
                    ["Retry-After"] = new JsonObject { ["description"] = "Seconds to wait", ["schema"] = new JsonObject { ["type"] = "integer" } },
                },
            });
        }
    }

    /// <summary>
    /// The components to rename: those whose name another service uses for a different schema, and those that are equal but reference a
    /// renamed one.
    /// </summary>
    private static Dictionary<string, string> Collisions(JsonObject document, JsonObject merged, string service)
    {
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        var all = Objects(document["components"])
            .SelectMany(section => section.Value.Select(entry => (Section: section.Key, Name: entry.Key, Value: entry.Value)))
            .ToList();
        bool more;
        do
        {
            more = false;
            foreach (var (section, name, value) in all)
            {
                var reference = $"{ComponentReference}{section}/{name}";
                if (renamed.ContainsKey(reference) || merged[section]?[name] is not { } other)
                {
                    continue;
                }

                if (!JsonNode.DeepEquals(value, other) || References(value).Any(renamed.ContainsKey))
                {
                    renamed[reference] = $"{ComponentReference}{section}/{Capitalized(service)}{name}";
                    more = true;
                }
            }
        }
        while (more);

        return renamed;
    }

    private static void Rename(JsonObject document, Dictionary<string, string> renamed)
    {
        if (renamed.Count == 0)
        {
            return;
        }

        Rewrite(document, renamed);
        foreach (var (section, entries) in Objects(document["components"]))
        {
            foreach (var (name, value) in entries.ToArray())
            {
                if (renamed.TryGetValue($"{ComponentReference}{section}/{name}", out var reference))
                {
                    entries.Remove(name);
                    entries[reference[(reference.LastIndexOf('/') + 1)..]] = value;
                }
            }
        }
    }

    private static void Rewrite(JsonNode? node, Dictionary<string, string> renamed)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToArray())
                {
                    if (Text(value) is { } text && renamed.TryGetValue(text, out var reference))
                    {
                        members[name] = reference;
                    }
                    else
                    {
                        Rewrite(value, renamed);
                    }
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Rewrite(item, renamed);
                }

                break;
        }
    }

    /// <summary>Removes components that no path references: internal endpoints have schemas, too.</summary>
    private static void Prune(JsonObject merged, JsonObject components)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<JsonNode?>([merged["paths"]]);
        while (open.TryPop(out var node))
        {
            foreach (var reference in References(node).Where(reached.Add))
            {
                var parts = reference[ComponentReference.Length..].Split('/');
                open.Push(parts.Length == 2 ? components[parts[0]]?[parts[1]] : null);
            }
        }

        foreach (var (section, entries) in Objects(components).ToArray())
        {
            foreach (var (name, _) in entries.Where(entry => !reached.Contains($"{ComponentReference}{section}/{entry.Key}")).ToArray())
            {
                entries.Remove(name);
            }

            if (entries.Count == 0)
            {
                components.Remove(section);
            }
        }
    }

    private static IEnumerable<JsonNode> Tags(JsonObject merged, SortedDictionary<string, JsonNode> described)
    {
        var used = Objects(merged["paths"])
            .SelectMany(path => path.Value)
            .SelectMany(operation => (operation.Value as JsonObject)?["tags"] as JsonArray ?? [])
            .Select(tag => tag!.GetValue<string>())
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase);
        return used.Select(name => described.TryGetValue(name, out var tag) ? tag : new JsonObject { ["name"] = name });
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => Text(node) is { } text && text.StartsWith(ComponentReference, StringComparison.Ordinal) ? [text] : [],
    };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static IEnumerable<KeyValuePair<string, JsonObject>> Objects(JsonNode? node) => (node as JsonObject ?? [])
        .Where(member => member.Value is JsonObject)
        .Select(member => KeyValuePair.Create(member.Key, (JsonObject)member.Value!));

    private static string Capitalized(string service) => char.ToUpperInvariant(service[0]) + service[1..];
}
