using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LinkShort.Web.AuditLog;

/// <summary>Describes entries of the audit log.</summary>
public static class AuditText
{
    /// <summary>The filters by action: the API's value and its name.</summary>
    public static readonly IReadOnlyList<(string Filter, string Label)> Groups =
    [
        ("link.*", "Links"),
        ("member.*", "Members"),
        ("invitation.*", "Invitations"),
        ("workspace.*", "The workspace"),
        ("apiKey.*", "API keys"),
        ("session.*", "Sign-ins"),
        ("audit.*", "The audit log"),
        ("subscription.*", "Plan and billing"),
        ("domain.*", "Domains"),
        ("webhook.*", "Webhooks"),
    ];

    private static readonly Dictionary<string, string> Sentences = new(StringComparer.Ordinal)
    {
        ["link.created"] = "created a link",
        ["link.changed"] = "changed a link",
        ["link.deleted"] = "deleted a link",
        ["link.archived"] = "archived a link",
        ["link.restored"] = "restored a link",
        ["member.joined"] = "joined",
        ["member.left"] = "left",
        ["member.removed"] = "removed a member",
        ["member.roleChanged"] = "changed a member's role",
        ["invitation.created"] = "invited someone",
        ["invitation.sentAgain"] = "resent an invitation",
        ["invitation.withdrawn"] = "withdrew an invitation",
        ["invitation.accepted"] = "accepted an invitation",
        ["invitation.declined"] = "declined an invitation",
        ["workspace.created"] = "created the workspace",
        ["workspace.renamed"] = "renamed the workspace",
        ["workspace.deletionScheduled"] = "scheduled the workspace for deletion",
        ["workspace.restored"] = "restored the workspace",
        ["workspace.twoFactorRequirementChanged"] = "changed the two-factor requirement",
        ["apiKey.created"] = "created an API key",
        ["apiKey.changed"] = "changed an API key",
        ["apiKey.rotated"] = "rotated an API key",
        ["apiKey.revoked"] = "revoked an API key",
        ["session.started"] = "signed in",
        ["session.ended"] = "signed out",
        ["audit.exported"] = "exported the audit log",
    };

    /// <summary>"created a link"; an unknown action such as <c>domain.failingChecked</c> becomes "domain: failing checked".</summary>
    public static string Of(string action)
    {
        if (Sentences.TryGetValue(action, out var sentence))
        {
            return sentence;
        }

        var dot = action.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? Words(action) : $"{Words(action[..dot])}: {Words(action[(dot + 1)..])}";
    }

    public static string Who(AuditActor actor)
    {
        return actor.Kind switch
        {
            "system" => "LinkShort",
            "operator" => "A LinkShort operator",
            "apiKey" => $"An API key of {actor.Name ?? actor.Email ?? "a deleted account"}",
            _ => actor.Name ?? actor.Email ?? "A deleted account",
        };
    }

    /// <summary>The values before and after, by field; null where one side lacks the field.</summary>
    public static IReadOnlyList<(string Field, string? Before, string? After)> Changes(AuditEntry entry)
    {
        var before = Fields(entry.Before);
        var after = Fields(entry.After);
        return [.. before.Keys.Union(after.Keys).Select(field => (Words(field), before.GetValueOrDefault(field), after.GetValueOrDefault(field)))];
    }

    private static Dictionary<string, string?> Fields(JsonElement? json) => json switch
    {
        { ValueKind: JsonValueKind.Object } body => body.EnumerateObject().ToDictionary(property => property.Name, property => Value(property.Value)),
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => [],
        { } other => new() { ["value"] = Value(other) },
    };

    private static string? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String when value.TryGetDateTimeOffset(out var at) => at.UtcDateTime.ToString("d MMM yyyy, HH:mm 'UTC'", CultureInfo.GetCultureInfo("en-US")),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) =>
            string.Join(", ", value.EnumerateArray().Select(item => item.ToString())),
        JsonValueKind.Object or JsonValueKind.Array => value.GetRawText(),
        _ => value.ToString(),
    };

    private static string Words(string name)
    {
        var words = new StringBuilder(name.Length + 4);
        foreach (var character in name)
        {
            if (char.IsUpper(character) && words.Length > 0)
            {
                words.Append(' ');
            }

            words.Append(char.ToLowerInvariant(character));
        }

        return words.ToString();
    }
}
