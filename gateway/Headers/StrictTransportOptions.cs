using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace LinkShort.Gateway.Headers;

/// <summary>
/// Settings <c>Hsts__*</c>: how long browsers that used https once use nothing but https (RFC 6797). Never sent over plain http, where
/// browsers ignore it.
/// </summary>
internal sealed class StrictTransportOptions : IValidatableObject
{
    public const string Section = "Hsts";

    private const int Year = 365 * 24 * 3600;

    /// <summary>Default: one year. 0 makes browsers forget it.</summary>
    [Range(0, 10 * Year, ErrorMessage = "must be from 0 (browsers forget it) to 315360000 seconds, e.g. 31536000 for a year.")]
    public int MaxAgeSeconds { get; set; } = Year;

    /// <summary>Includes every subdomain, even those that LinkShort doesn't serve. Default: false.</summary>
    public bool IncludeSubDomains { get; set; }

    /// <summary>Allows browser vendors to build the host in, which takes months to undo. Default: false.</summary>
    public bool Preload { get; set; }

    /// <summary>The header's value.</summary>
    public string Value =>
        string.Create(CultureInfo.InvariantCulture, $"max-age={MaxAgeSeconds}") + (IncludeSubDomains ? "; includeSubDomains" : "") + (Preload ? "; preload" : "");

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Preload && (!IncludeSubDomains || MaxAgeSeconds < Year))
        {
            yield return new ValidationResult($"needs IncludeSubDomains and a MaxAgeSeconds of at least {Year}: the preload lists require both.", [nameof(Preload)]);
        }
    }
}
