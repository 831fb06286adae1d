using System.ComponentModel.DataAnnotations;

namespace LinkShort.Blocklist;

/// <summary>Settings <c>Blocklist__*</c>, the same for links and redirect.</summary>
public sealed class BlocklistOptions : IValidatableObject
{
    public const string Section = "Blocklist";

    /// <summary>File path, or http or https URL, of the list of destinations that no link may lead to. None by default.</summary>
    public string Source { get; set; } = "";

    /// <summary>How often the source is checked for a newer list; a file is also watched. Default 300.</summary>
    [Range(1, 86_400, ErrorMessage = "must be 1 to 86400 seconds, e.g. 300.")]
    public int RefreshSeconds { get; set; } = 300;

    /// <summary>Larger lists are refused. Default 128 MiB, enough for 1,900,000 full hashes.</summary>
    [Range(1024, 1L << 31, ErrorMessage = "must be 1024 to 2147483648, e.g. 134217728 (128 MiB).")]
    public long MaxBytes { get; set; } = 128L << 20;

    /// <summary>How long fetching may take. Default 60.</summary>
    [Range(1, 3_600, ErrorMessage = "must be 1 to 3600 seconds, e.g. 60.")]
    public int TimeoutSeconds { get; set; } = 60;

    internal Uri? Address => Uri.TryCreate(Source, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Source.Contains("://", StringComparison.Ordinal) && Address is null)
        {
            yield return new ValidationResult(
                $"'{Source}' is neither a file nor an http(s) URL. Set it to a path such as /etc/linkshort/blocklist.txt, or a URL such as https://lists.example/urls.txt.",
                [nameof(Source)]);
        }
        else if (Source.Length > 0 && Address is null && !Path.IsPathRooted(Source))
        {
            // It would be resolved against each service's own working directory.
            yield return new ValidationResult($"'{Source}' is a relative path. Set it to an absolute one, such as /etc/linkshort/blocklist.txt.", [nameof(Source)]);
        }
    }
}
