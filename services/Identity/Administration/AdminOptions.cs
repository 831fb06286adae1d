using System.ComponentModel.DataAnnotations;
using LinkShort.Identity.Domain;

namespace LinkShort.Identity.Administration;

/// <summary>Settings <c>Admin__*</c>: the operators of this installation.</summary>
public sealed class AdminOptions : IValidatableObject
{
    public const string Section = "Admin";

    /// <summary>
    /// Addresses of the operators, separated by commas. Operators sign up like other users, verify the address and add a second factor;
    /// they are operators from their next sign-in on.
    /// </summary>
    public string Emails { get; set; } = "";

    /// <summary>How long an operator's view of an account lasts.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "00:30:00", ErrorMessage = "must be from 00:01:00 to 00:30:00.")]
    public TimeSpan ViewLifetime { get; set; } = TimeSpan.FromMinutes(30);

    internal IEnumerable<string> Addresses => Emails.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Addresses.Where(address => !EmailAddress.TryParse(address, out _, out _)).Select(address => new ValidationResult(
            $"'{address}' is not an email address. List the operators' addresses, separated by commas.", [nameof(Emails)]));
}
