using System.Text.RegularExpressions;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

/// <summary>The emails that an installation without an SMTP server keeps in its data folder.</summary>
internal static class MailFolder
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <returns>The path and query of the link to that page in the email to this address, once it has arrived.</returns>
    public static Task<string> LinkAsync(string dataDirectory, string email, string target) =>
        FindAsync(dataDirectory, email, mail => Regex.Match(mail, $@"/app/{target}\?token=[A-Za-z0-9_-]+") is { Success: true } found ? found.Value : null);

    /// <summary>Waits until an email to this address has this subject.</summary>
    public static Task ArrivesAsync(string dataDirectory, string email, string subject) =>
        FindAsync(dataDirectory, email, mail => mail.Contains($"Subject: {subject}\r\n", StringComparison.Ordinal) ? subject : null);

    private static async Task<string> FindAsync(string dataDirectory, string email, Func<string, string?> read)
    {
        var folder = Path.Combine(dataDirectory, "mail");
        return (await Eventually.BecomesAsync(
            async () =>
            {
                foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.eml") : [])
                {
                    var mail = await File.ReadAllTextAsync(file);
                    // Quoted-printable, with soft line breaks.
                    var text = mail.Replace("=\r\n", "", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
                    if (mail.Contains(email, StringComparison.OrdinalIgnoreCase) && read(text) is { } found)
                    {
                        return found;
                    }
                }

                return null;
            },
            found => found is not null, Limit))!;
    }
}
