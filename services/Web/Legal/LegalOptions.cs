using System.ComponentModel.DataAnnotations;
using LinkShort.Localization;

namespace LinkShort.Web.Legal;

/// <summary>Settings <c>Legal__*</c>: the terms of use and the privacy notice of this installation.</summary>
public sealed class LegalOptions : IValidatableObject
{
    public const string Section = "Legal";

    /// <summary>A longer file is not a text that somebody reads.</summary>
    private const int MaxBytes = 512 * 1024;

    /// <summary>
    /// A Markdown file with the terms of use. A file next to it with a language in its name is shown in that language: terms.de.md. If empty, the
    /// default texts are shown.
    /// </summary>
    public string Terms { get; set; } = "";

    /// <summary>A Markdown file with the privacy notice, as <see cref="Terms"/>.</summary>
    public string Privacy { get; set; } = "";

    /// <summary>Who runs this installation, as the default texts name it: <c>Northwind Press Ltd, 1 Harbour Street, Bristol</c>.</summary>
    [StringLength(300, ErrorMessage = "can have at most 300 characters.")]
    public string Operator { get; set; } = "";

    /// <summary>Where people can ask: <c>mailto:hello@example.com</c> or an https URL. Shown in the footer of public pages and in the default texts.</summary>
    public string Contact { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Contact.Length > 0 && !(Uri.TryCreate(Contact, UriKind.Absolute, out var contact) && contact.Scheme is "mailto" or "https"))
        {
            yield return new ValidationResult($"'{Contact}' is not a mailto: or https: URI, e.g. mailto:hello@example.com.", [nameof(Contact)]);
        }

        foreach (var (name, path) in new[] { (nameof(Terms), Terms), (nameof(Privacy), Privacy) })
        {
            if (path.Length > 0 && WhyUnusable(path) is { } reason)
            {
                yield return new ValidationResult(reason, [name]);
            }
        }
    }

    /// <summary>The file in a language, next to the one that a setting names.</summary>
    public static string PathIn(string path, Language language) => Path.ChangeExtension(path, $".{language.Code}{Path.GetExtension(path)}");

    private static string? WhyUnusable(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return file.Length <= MaxBytes ? null : $"'{path}' has more than {MaxBytes} bytes. Set it to a Markdown file that people can read.";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return $"'{path}' can't be read ({failure.GetType().Name}). Set it to a Markdown file that this process may read, or remove the setting to show the default text.";
        }
    }
}
