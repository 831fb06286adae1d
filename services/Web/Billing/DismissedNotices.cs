using System.Text.RegularExpressions;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Billing;

/// <summary>Notices about the plan that were dismissed in this browser. The last few; an id contains the month or day that it is about.</summary>
public static partial class DismissedNotices
{
    private const string Cookie = "plan-notices";
    private const char Separator = '~';
    private const int Most = 8;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(40);

    public static IReadOnlyList<string> Of(HttpContext context) => HostCookie.Read(context, Cookie)?.Split(Separator) ?? [];

    /// <param name="notice">Anything that is no id changes nothing.</param>
    public static void Add(HttpContext context, string? notice)
    {
        if (notice is not null && Id().IsMatch(notice))
        {
            HostCookie.Write(context, Cookie, string.Join(Separator, Of(context).Where(other => other != notice && Id().IsMatch(other)).TakeLast(Most - 1).Append(notice)), Lifetime);
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,60}$")]
    private static partial Regex Id();
}
