using System.ComponentModel.DataAnnotations;
using LinkShort.Identity.Domain;

namespace LinkShort.Identity.Administration;

/// <summary>Settings <c>Admin__*</c>: who runs this installation.</summary>
public sealed class AdminOptions : IValidatableObject
{
    public const string Section = "Admin";

    /// <summary>
    /// Addresses of the operators, separated by commas. Each signs up like everybody else, verifies the address and adds a second factor;
    /// from the next sign-in on they are operators. None: there are no operators.
    /// </summary>
    public string Emails { get; set; } = "";

    /// <summary>How long an operator looks at an account before they have to begin again.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "00:30:00", ErrorMessage = "must be from 00:01:00 to 00:30:00.")]
    public TimeSpan ViewLifetime { get; set; } = TimeSpan.FromMinutes(30);

    internal IEnumerable<string> Addresses => Emails.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Addresses.Where(address => !EmailAddress.TryParse(address, out _, out _)).Select(address => new ValidationResult(
            $"'{address}' is not an email address. List the operators' addresses, separated by commas.", [nameof(Emails)]));
}
