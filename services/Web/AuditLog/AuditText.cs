using System.Text.Json;
using LinkShort.Localization;
using LinkShort.Web.Layout;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.AuditLog;

/// <summary>Describes entries of the audit log.</summary>
public static class AuditText
{
    /// <summary>Things whose entries can be filtered: <c>link</c> for <c>link.*</c>.</summary>
    public static readonly IReadOnlyList<string> Groups = ["link", "member", "invitation", "workspace", "apiKey", "session", "audit", "subscription", "domain", "webhook"];

    /// <returns>The key of the sentence, such as "created a link", with the actor in it. An unknown action, of a later version, is shown as its code.</returns>
    public static string KeyOf(string action, Texts texts) => texts.Has("auditLog.did." + action) ? "auditLog.did." + action : "auditLog.did";

    public static string Who(AuditActor actor, Texts texts) => (actor.Kind, actor.Name ?? actor.Email) switch
    {
        ("system", _) => "LinkShort",
        ("operator", _) => texts["auditLog.who.operator"],
        ("apiKey", { } name) => texts["auditLog.who.apiKey", ("name", name)],
        ("apiKey", null) => texts["auditLog.who.apiKeyOfDeleted"],
        (_, var name) => name ?? texts["auditLog.who.deleted"],
    };

    /// <summary>The values before and after, by field; null where one side lacks the field.</summary>
    public static IReadOnlyList<(string Field, string? Before, string? After)> Changes(AuditEntry entry, Texts texts, Viewer viewer)
    {
        var before = Fields(entry.Before, texts, viewer);
        var after = Fields(entry.After, texts, viewer);
        return [.. before.Keys.Union(after.Keys).Select(field => (NameOf(field, texts), before.GetValueOrDefault(field), after.GetValueOrDefault(field)))];
    }

    private static string NameOf(string field, Texts texts) => texts.Find("auditLog.field." + field) ?? field;

    private static Dictionary<string, string?> Fields(JsonElement? json, Texts texts, Viewer viewer) => json switch
    {
        { ValueKind: JsonValueKind.Object } body => body.EnumerateObject().ToDictionary(
            property => property.Name,
            property => property is { Name: "role" or "defaultRole", Value.ValueKind: JsonValueKind.String }
                ? RoleText.Name(property.Value.GetString()!, texts)
                : Value(property.Value, texts, viewer)),
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => [],
        { } other => new() { ["value"] = Value(other, texts, viewer) },
    };

    private static string? Value(JsonElement value, Texts texts, Viewer viewer) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => texts["auditLog.yes"],
        JsonValueKind.False => texts["auditLog.no"],
        JsonValueKind.String when value.TryGetDateTimeOffset(out var at) => viewer.DateAndTime(at),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) =>
            string.Join(", ", value.EnumerateArray().Select(item => item.ToString())),
        JsonValueKind.Object or JsonValueKind.Array => value.GetRawText(),
        _ => value.ToString(),
    };
}
