using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace LinkShort.Redirect.WellKnown;

/// <summary>
/// Apps that may open the short host's links, section <c>Redirect:AppLinks</c>
/// (<c>Redirect__AppLinks__Apple__0=TEAMID1234.com.example.app</c>). None by default.
/// </summary>
public sealed partial class AppLinkOptions : IValidatableObject
{
    public const string Section = "Redirect:AppLinks";

    /// <summary>Application identifiers: team, a dot, bundle.</summary>
    public IList<string> Apple { get; } = [];

    /// <summary>Package, then the SHA-256 of each of its signing certificates: <c>com.example.app|SHA256:14:6D:…</c>.</summary>
    public IList<string> Android { get; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Apple.Count; i++)
        {
            if (!AppleId().IsMatch(Apple[i]))
            {
                yield return new ValidationResult(
                    $"'{Apple[i]}' is not an application identifier. Write the team's ten characters, a dot and the bundle, e.g. ABCDE12345.com.example.app.",
                    [$"{nameof(Apple)}__{i}"]);
            }
        }

        for (var i = 0; i < Android.Count; i++)
        {
            if (AndroidApp.Parse(Android[i]) is null)
            {
                yield return new ValidationResult(
                    $"'{Android[i]}' is not a package with fingerprints. Write e.g. com.example.app|SHA256:14:6D:E9:… with 32 bytes in hexadecimal, as keytool prints them.",
                    [$"{nameof(Android)}__{i}"]);
            }
        }
    }

    [GeneratedRegex(@"\A[A-Z0-9]{10}\.[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\z")]
    private static partial Regex AppleId();
}

/// <param name="Fingerprints">Each 32 bytes in upper-case hexadecimal with colons.</param>
internal sealed partial record AndroidApp(string Package, IReadOnlyList<string> Fingerprints)
{
    /// <returns>Null if the text is malformed.</returns>
    public static AndroidApp? Parse(string text)
    {
        var parts = text.Split('|');
        var fingerprints = parts.Skip(1).Select(part => part.StartsWith("SHA256:", StringComparison.OrdinalIgnoreCase) ? part["SHA256:".Length..].ToUpperInvariant() : "").ToArray();
        return Name().IsMatch(parts[0]) && fingerprints.Length > 0 && Array.TrueForAll(fingerprints, fingerprint => Hash().IsMatch(fingerprint))
            ? new AndroidApp(parts[0], fingerprints)
            : null;
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[0-9A-F]{2}(:[0-9A-F]{2}){31}\z")]
    private static partial Regex Hash();
}
