using System.ComponentModel.DataAnnotations;
using LinkShort.Notification.Composing;

namespace LinkShort.Notification;

/// <summary>The mail server. Without <see cref="Host"/>, emails are written to files.</summary>
public sealed class SmtpOptions : IValidatableObject
{
    public const string Section = "Smtp";

    public string? Host { get; set; }

    public int Port { get; set; } = 587;

    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary><c>starttls</c> (required, no fallback to plain text), <c>tls</c> (from the first byte, usually port 465) or <c>none</c>.</summary>
    public string Security { get; set; } = "starttls";

    /// <summary>The sender, e.g. <c>LinkShort &lt;no-reply@example.com&gt;</c>.</summary>
    public string? From { get; set; }

    /// <summary>PEM file of the authority that signed the server's certificate, if the system doesn't trust it.</summary>
    public string? CertificateAuthority { get; set; }

    public bool Enabled => !string.IsNullOrWhiteSpace(Host);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (From is not (null or "") && !MailAddresses.TryParse(From, out _))
        {
            yield return new ValidationResult($"'{From}' is not a valid sender. Set it to an address such as no-reply@example.com, or LinkShort <no-reply@example.com>.", [nameof(From)]);
        }

        if (!Enabled)
        {
            yield break;
        }

        if (Port is < 1 or > 65535)
        {
            yield return new ValidationResult("must be a port number: 587 for starttls, 465 for tls.", [nameof(Port)]);
        }

        if (Security is not ("none" or "starttls" or "tls"))
        {
            yield return new ValidationResult($"'{Security}' is not known. Set it to starttls, tls or none.", [nameof(Security)]);
        }

        if (string.IsNullOrWhiteSpace(From))
        {
            yield return new ValidationResult("is missing. Set it to the sender that your mail server accepts, e.g. LinkShort <no-reply@example.com>.", [nameof(From)]);
        }

        if (string.IsNullOrEmpty(User) != string.IsNullOrEmpty(Password))
        {
            yield return new ValidationResult("must be set together, or not at all.", [nameof(User), nameof(Password)]);
        }

        if (CertificateAuthority is not (null or "") && !File.Exists(CertificateAuthority))
        {
            yield return new ValidationResult($"'{CertificateAuthority}' does not exist. Set it to the path of a PEM file, or leave it empty to use the system's trusted authorities.", [nameof(CertificateAuthority)]);
        }
    }
}
