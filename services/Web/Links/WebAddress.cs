using System.Text.RegularExpressions;

namespace LinkShort.Web.Links;

/// <summary>Completes addresses as browsers' address bars do. The script of the link builder does the same while typing.</summary>
public static partial class WebAddress
{
    /// <returns>Trimmed, and with https:// if it has no scheme. Anything else stays as typed, and the API checks it.</returns>
    public static string Complete(string typed)
    {
        var text = typed.Trim();
        return text.Length == 0 || HasScheme().IsMatch(text) ? text : "https://" + text.TrimStart('/');
    }

    /// <summary>Not a host with its port, as in example.com:8080.</summary>
    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9+.-]*:(?![0-9])")]
    private static partial Regex HasScheme();
}
