using System.ComponentModel.DataAnnotations;

namespace LinkShort.Notification;

public sealed class NotificationOptions : IValidatableObject
{
    public const string Section = "Notification";

    /// <summary>Where people reach LinkShort; links in mails begin with it.</summary>
    public string PublicUrl { get; set; } = "http://localhost:8080";

    public Uri AppUrl => new(new Uri(PublicUrl.TrimEnd('/') + "/"), "app");

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            yield return new ValidationResult($"'{PublicUrl}' is not an http or https address. Set it to where people reach LinkShort, e.g. https://links.example.com.", [nameof(PublicUrl)]);
        }
    }
}
