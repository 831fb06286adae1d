using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.Extensions.Options;

namespace LinkShort.Gateway.WellKnown;

/// <summary>Settings <c>SecurityTxt__*</c>: the content of <c>/.well-known/security.txt</c>, for reports of vulnerabilities (RFC 9116).</summary>
internal sealed class SecurityTxtOptions : IValidatableObject
{
    public const string Section = "SecurityTxt";

    /// <summary><c>mailto:security@example.com</c> or https URLs, the preferred one first, separated by commas. If empty, there is no file.</summary>
    public string Contact { get; set; } = "";

    /// <summary>An https URL that describes what may be tested and how reports are handled.</summary>
    public string Policy { get; set; } = "";

    /// <summary>An https, dns or openpgp4fpr URI of a key to encrypt reports with.</summary>
    public string Encryption { get; set; } = "";

    /// <summary>Languages of reports. Default: en.</summary>
    [RegularExpression("[A-Za-z0-9, -]*", ErrorMessage = "must be language tags separated by commas, e.g. en, de.")]
    public string PreferredLanguages { get; set; } = "en";

    public IReadOnlyList<string> Contacts => Contact.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var contact in Contacts.Where(contact => !IsUri(contact, "mailto", "https", "tel")))
        {
            yield return new ValidationResult($"'{contact}' is not a mailto:, https: or tel: URI, e.g. mailto:security@example.com.", [nameof(Contact)]);
        }

        if (Policy.Length > 0 && !IsUri(Policy, "https"))
        {
            yield return new ValidationResult($"'{Policy}' is not an https URL.", [nameof(Policy)]);
        }

        if (Encryption.Length > 0 && !IsUri(Encryption, "https", "dns", "openpgp4fpr"))
        {
            yield return new ValidationResult($"'{Encryption}' is not an https, dns or openpgp4fpr URI.", [nameof(Encryption)]);
        }
    }

    private static bool IsUri(string text, params string[] schemes) =>
        !text.Any(char.IsControl) && Uri.TryCreate(text, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme, StringComparer.Ordinal);
}

internal static class SecurityTxt
{
    public const string Path = "/.well-known/security.txt";

    /// <summary>The file's Expires is always half a year ahead, because it reflects the current settings.</summary>
    private static readonly TimeSpan Valid = TimeSpan.FromDays(182);

    public static Task AnswerAsync(HttpContext context)
    {
        var options = context.RequestServices.GetRequiredService<IOptions<SecurityTxtOptions>>().Value;
        if (options.Contacts.Count == 0)
        {
            return Problems.NotFound.Result(GatewayTexts.Of("gateway.nothingHere")).ExecuteAsync(context);
        }

        var expires = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime.Date + Valid;
        var text = new StringBuilder();
        foreach (var contact in options.Contacts)
        {
            Add("Contact", contact);
        }

        Add("Expires", expires.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        Add("Encryption", options.Encryption);
        Add("Policy", options.Policy);
        Add("Preferred-Languages", options.PreferredLanguages);
        context.Response.Headers.CacheControl = "public, max-age=3600";
        return Results.Text(text.ToString(), "text/plain", Encoding.UTF8).ExecuteAsync(context);

        void Add(string field, string value)
        {
            if (value.Length > 0)
            {
                text.Append(field).Append(": ").Append(value).Append('\n');
            }
        }
    }
}
