using System.ComponentModel.DataAnnotations;

namespace LinkShort.Visitors.Networks;

/// <summary>Settings of known networks, part of section <c>Redirect</c> (<c>Redirect__KnownNetworks=/etc/linkshort/networks</c>).</summary>
public sealed class NetworkOptions : IValidatableObject
{
    public const string Section = "Redirect";

    /// <summary>
    /// A file of <c>cidr class</c> lines that extend or override the built-in networks; read again when it changes. None by default.
    /// </summary>
    public string? KnownNetworks { get; set; }

    /// <summary>How often the file is checked for changes. Default 10 s.</summary>
    public TimeSpan KnownNetworksInterval { get; set; } = TimeSpan.FromSeconds(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (KnownNetworksInterval < TimeSpan.FromMilliseconds(10) || KnownNetworksInterval > TimeSpan.FromDays(1))
        {
            yield return new ValidationResult($"is {KnownNetworksInterval} but must be 00:00:00.010 to 1.00:00:00, e.g. 00:00:10.", [nameof(KnownNetworksInterval)]);
        }

        if (string.IsNullOrEmpty(KnownNetworks))
        {
            yield break;
        }

        IReadOnlyList<string> errors;
        try
        {
            NetworkList.Parse(File.ReadLines(KnownNetworks), out errors);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors = [$"{exception.Message} Name a file with lines like '192.0.2.0/24 crawler', or leave it empty"];
        }

        foreach (var error in errors)
        {
            yield return new ValidationResult($"{KnownNetworks}: {error}.", [nameof(KnownNetworks)]);
        }
    }
}
