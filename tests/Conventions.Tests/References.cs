using System.Reflection;
using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>Services know each other by contracts only: they reference Contracts, ServiceDefaults, and what two of them have in common.</summary>
internal static partial class References
{
    private static readonly string[] Shared = ["LinkShort.Blocklist", "LinkShort.Contracts", "LinkShort.ServiceDefaults", "LinkShort.Visitors"];

    /// <summary>What project files say.</summary>
    public static IEnumerable<string> CheckProjects(IEnumerable<Source> projects) => projects.SelectMany(project =>
    {
        var name = Path.GetFileNameWithoutExtension(project.Path);
        return ProjectReference().Matches(project.Text)
            .Select(match => Path.GetFileNameWithoutExtension(match.Groups["path"].Value.Replace('\\', '/')))
            .Where(reference => !AllowedFor(name).Contains(reference))
            .Select(reference => $"{project.Path} references {reference}");
    });

    /// <summary>What the compiled assembly says, however the reference got there.</summary>
    public static IEnumerable<string> CheckAssembly(string name, IEnumerable<AssemblyName> references) => references
        .Select(reference => reference.Name!)
        .Where(reference => reference.StartsWith("LinkShort.", StringComparison.Ordinal) && !AllowedFor(name).Contains(reference))
        .Select(reference => $"{name} uses {reference}");

    private static string[] AllowedFor(string name) => name switch
    {
        "LinkShort.Contracts" => [],
        "LinkShort.ServiceDefaults" => ["LinkShort.Contracts"],
        _ => Shared,
    };

    [GeneratedRegex(@"<ProjectReference\s[^>]*Include=""(?<path>[^""]+)""")]
    private static partial Regex ProjectReference();
}
