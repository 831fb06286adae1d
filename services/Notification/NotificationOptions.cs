using System.ComponentModel.DataAnnotations;

namespace LinkShort.Notification;

public sealed class NotificationOptions : IValidatableObject
{
    public const string Section = "Notification";

    /// <summary>The public URL of LinkShort, which links in emails start with.</summary>
    public string PublicUrl { get; set; } = "http://localhost:8080";

    /// <summary>How long sent and failed emails are kept for support questions. Format: <c>d.hh:mm:ss</c>.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3660.00:00:00", ErrorMessage = "must be from 00:01:00 to 3660.00:00:00.")]
    public TimeSpan MailRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long emails may wait for the mail server before the health check <c>mail queue</c> is degraded.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = "must be from 00:00:01 to 7.00:00:00, e.g. 00:15:00.")]
    public TimeSpan MailDegradedAfter { get; set; } = TimeSpan.FromMinutes(15);

    public Uri AppUrl => new(new Uri(PublicUrl.TrimEnd('/') + "/"), "app");

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            yield return new ValidationResult($"'{PublicUrl}' is not an http or https address. Set it to where people reach LinkShort, e.g. https://links.example.com.", [nameof(PublicUrl)]);
        }
    }
}
