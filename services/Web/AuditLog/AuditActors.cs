using LinkShort.Localization;
using LinkShort.Web.Team;

namespace LinkShort.Web.AuditLog;

/// <summary>Whose entries to show: a member, or everything of a kind. In URLs the API's value, in the form its name.</summary>
public static class AuditActors
{
    private static readonly (string Value, string Key)[] Kinds = [("apiKey", "auditLog.allKeys"), ("operator", "auditLog.operators"), ("system", "auditLog.system")];

    public static IEnumerable<string> Options(IEnumerable<Member> members, Texts texts) =>
        [.. members.Select(MemberChoices.TextOf), .. Kinds.Select(kind => texts[kind.Key])];

    /// <returns>The API's value; null if nothing has that name.</returns>
    public static string? Find(string text, IReadOnlyList<Member> members, Texts texts) =>
        Kinds.FirstOrDefault(kind => kind.Value == text || texts[kind.Key].Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)).Value
        ?? MemberChoices.Find(members, text)?.UserId.ToString()
        // A former member, or an API key.
        ?? (Guid.TryParse(text, out _) || text == "user" ? text : null);

    public static string? TextOf(string? value, IReadOnlyList<Member> members, Texts texts) =>
        Kinds.FirstOrDefault(kind => kind.Value == value).Key is { } key ? texts[key]
        : MemberChoices.Find(members, value) is { } member ? MemberChoices.TextOf(member)
        : value;
}
