using LinkShort.Web.Api;

namespace LinkShort.Web.Team;

/// <summary>Members to pick from by name.</summary>
public static class MemberChoices
{
    /// <summary>Enough for any list that a person searches by typing.</summary>
    private const int MostPages = 5;

    /// <summary>As it is offered, and as it is found again: <c>Ann Lee (ann@example.com)</c>.</summary>
    public static string TextOf(Member member) => member.Shown == member.Email ? member.Email : $"{member.Shown} ({member.Email})";

    /// <summary>The member of a text: as offered, an email address, a name that only one has, or an id.</summary>
    public static Member? Find(IEnumerable<Member> members, string? text)
    {
        var typed = text?.Trim() ?? "";
        var all = members as IReadOnlyCollection<Member> ?? [.. members];
        return all.FirstOrDefault(member => Is(TextOf(member)) || Is(member.Email) || Is(member.UserId.ToString()))
            ?? (all.Where(member => Is(member.Name)).Take(2).ToArray() is [var only] ? only : null);

        bool Is(string? value) => typed.Equals(value, StringComparison.OrdinalIgnoreCase);
    }

    public static async Task<ApiResult<List<Member>>> AllMembersAsync(this LinkShortApi api, Guid workspaceId, CancellationToken cancellationToken)
    {
        var members = new List<Member>();
        string? cursor = null;
        for (var page = 0; page < MostPages; page++)
        {
            if (!(await api.ListMembersAsync(workspaceId, cursor, cancellationToken)).Succeeded(out var some, out var problem))
            {
                return problem;
            }

            members.AddRange(some.Items);
            cursor = some.NextCursor;
            if (cursor is null)
            {
                break;
            }
        }

        return members;
    }
}
