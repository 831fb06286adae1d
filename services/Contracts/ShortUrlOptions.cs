using System.ComponentModel.DataAnnotations;

namespace LinkShort.Contracts;

/// <summary>Setting <c>Links__ShortUrlBase</c>, which must be the same for links and redirect.</summary>
public class ShortUrlOptions : IValidatableObject
{
    public const string Section = "Links";

    /// <summary>Scheme, host and port that short URLs begin with.</summary>
    public string ShortUrlBase { get; set; } = "http://localhost:8080";

    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(ShortUrlBase, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            || url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            yield return new ValidationResult(
                $"'{ShortUrlBase}' can't start a short URL. Set it to scheme, host and port only, such as https://go.example.com.", [nameof(ShortUrlBase)]);
        }
    }
}
