using System.Text.Json;
using LinkShort.Localization;
using LinkShort.Web.Layout;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.AuditLog;

/// <summary>Describes entries of the audit log.</summary>
public static class AuditText
{
    /// <summary>Things whose entries can be filtered: <c>link</c> for <c>link.*</c>.</summary>
    public static readonly IReadOnlyList<string> Groups = ["link", "member", "invitation", "workspace", "apiKey", "session", "audit", "utmTemplate", "qrLogo", "subscription", "domain", "webhook"];

    /// <summary>Fields of every state of a thing, which say nothing about the change.</summary>
    private static readonly string[] Noise = ["id", "version", "createdAt", "updatedAt", "workspaceId", "viewId"];

    /// <returns>
    /// The key of the sentence: with the target's name or the new plan if there is one and a sentence for it, else without, such as "created a link".
    /// An unknown action, of a later version, is shown as its code.
    /// </returns>
    public static string KeyOf(AuditEntry entry, Texts texts)
    {
        var key = "auditLog.did." + entry.Action;
        return !texts.Has(key) ? "auditLog.did"
            : Text(entry.After, "plan") is not null && texts.Has(key + ".to") ? key + ".to"
            : TargetOf(entry) is not null && texts.Has(key + ".of") ? key + ".of" : key;
    }

    /// <summary>The values of a sentence's placeholders.</summary>
    public static (string Name, object? Value)[] ArgumentsOf(AuditEntry entry, bool isOperators, Texts texts) =>
    [
        ("who", Who(entry.Actor, isOperators, texts)), ("action", entry.Action), ("target", TargetOf(entry)),
        ("role", Text(entry.After, "role") ?? Text(entry.Before, "role") ?? ""), ("before", Text(entry.Before, "name") ?? ""), ("after", Text(entry.After, "name") ?? ""),
        ("plan", Text(entry.After, "plan") ?? ""),
    ];

    /// <summary>The name of what the entry is about; null if it isn't known.</summary>
    public static string? TargetOf(AuditEntry entry) => entry.Target.Name ?? entry.Target.Type switch
    {
        "link" => Shorten(Text(entry.After, "shortUrl") ?? Text(entry.Before, "shortUrl")),
        "invitation" => Text(entry.After, "email") ?? Text(entry.Before, "email"),
        "apiKey" => Text(entry.After, "name") ?? Text(entry.Before, "name"),
        "ssoDomain" or "flag" => entry.Target.Id,
        _ => null,
    };

    /// <summary>The page of what the entry is about; null if there is none.</summary>
    public static string? PageOf(AuditEntry entry, bool isOperators) => (entry.Target.Type, isOperators) switch
    {
        _ when entry.Action.EndsWith(".deleted", StringComparison.Ordinal) => null,
        ("user", true) => "/app/admin/users/" + Segment(entry),
        ("workspace", true) => "/app/admin/workspaces/" + Segment(entry),
        ("flag", true) => "/app/admin/flags/" + Segment(entry),
        ("announcement", true) => "/app/admin/announcements/" + Segment(entry),
        (_, true) => null,
        ("link", _) => "/app/links/" + Segment(entry),
        ("member" or "user" or "invitation", _) => "/app/team",
        ("apiKey", _) => "/app/settings/keys",
        ("ssoDomain", _) => "/app/workspace/sso",
        ("workspace", _) => "/app/workspace",
        _ => null,
    };

    public static string Who(AuditActor actor, bool isOperators, Texts texts) => (actor.Kind, actor.Name ?? actor.Email) switch
    {
        ("system", _) => "LinkShort",
        ("operator", { } name) when isOperators => name,
        ("operator", _) => texts["auditLog.who.operator"],
        ("apiKey", { } name) => texts["auditLog.who.apiKey", ("name", name)],
        ("apiKey", null) => texts["auditLog.who.apiKeyOfDeleted"],
        (_, var name) => name ?? texts["auditLog.who.deleted"],
    };

    /// <summary>What differs, by field; null where one side lacks the field.</summary>
    /// <param name="names">Of users, by id.</param>
    public static IReadOnlyList<(string Field, string? Before, string? After)> Changes(AuditEntry entry, IReadOnlyDictionary<string, string> names, Texts texts, Viewer viewer)
    {
        var before = Fields(entry.Before, names, texts, viewer);
        var after = Fields(entry.After, names, texts, viewer);
        return
        [
            .. before.Keys.Union(after.Keys).Except(Noise)
                .Select(field => (Field: NameOf(field, texts), Before: before.GetValueOrDefault(field), After: after.GetValueOrDefault(field)))
                .Where(change => change.Before != change.After),
        ];
    }

    private static string Segment(AuditEntry entry) => Uri.EscapeDataString(entry.Target.Id);

    private static string? Shorten(string? url) => url is not null && Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Authority + parsed.PathAndQuery : url;

    private static string? Text(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string NameOf(string field, Texts texts) => texts.Find("auditLog.field." + field) ?? field;

    private static Dictionary<string, string?> Fields(JsonElement? json, IReadOnlyDictionary<string, string> names, Texts texts, Viewer viewer) => json switch
    {
        { ValueKind: JsonValueKind.Object } body => body.EnumerateObject().ToDictionary(property => property.Name, property => Value(property, names, texts, viewer)),
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => [],
        { } other => new() { ["value"] = Value(other, texts, viewer) },
    };

    private static string? Value(JsonProperty property, IReadOnlyDictionary<string, string> names, Texts texts, Viewer viewer) =>
        property.Value.ValueKind != JsonValueKind.String ? Value(property.Value, texts, viewer)
        : property.Name is "role" or "defaultRole" ? RoleText.Name(property.Value.GetString()!, texts)
        : names.GetValueOrDefault(property.Value.GetString()!) ?? Value(property.Value, texts, viewer);

    private static string? Value(JsonElement value, Texts texts, Viewer viewer) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => texts["auditLog.yes"],
        JsonValueKind.False => texts["auditLog.no"],
        JsonValueKind.String when value.TryGetDateTimeOffset(out var at) => viewer.DateAndTime(at),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) =>
            value.GetArrayLength() == 0 ? null : string.Join(", ", value.EnumerateArray().Select(item => item.ToString())),
        JsonValueKind.Object or JsonValueKind.Array => value.GetRawText(),
        _ => value.ToString(),
    };
}
