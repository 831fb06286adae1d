using System.Text.RegularExpressions;
using LinkShort.Web.Confirm;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

public sealed partial class SecretFieldTests
{
    /// <summary>What waits until its sender has confirmed their identity is stored, and secrets aren't.</summary>
    [Fact]
    public void Every_field_of_type_password_is_known_as_a_secret()
    {
        var names = Directory.EnumerateFiles(Checkout.PathOf("services/Web"), "*.razor", SearchOption.AllDirectories)
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal))
            .SelectMany(file => PasswordField().Matches(File.ReadAllText(file)))
            .Where(field => !field.Value.Contains(" disabled", StringComparison.Ordinal))
            .Select(field => field.Groups["name"].Value).Distinct().ToArray();

        names.ShouldContain("clientSecret");
        names.ShouldContain("currentPassword");
        names.Where(name => !ConfirmEndpoints.IsSecret(name)).ShouldBeEmpty();
    }

    [GeneratedRegex("<(Field|input)\\b(?=[^\\n]*\\btype=\"password\")[^\\n]*?\\b[Nn]ame=\"(?<name>[^\"]+)\"[^\\n]*")]
    private static partial Regex PasswordField();
}
