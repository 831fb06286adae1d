using System.Reflection;
using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// Which project may reference which. Services depend on each other by Contracts only, shared code is in layers that only reference lower ones,
/// and web, which owns no data, has neither a database nor a bus.
/// </summary>
internal static partial class References
{
    private const string Contracts = "LinkShort.Contracts";
    private const string Defaults = "LinkShort.ServiceDefaults";
    private const string Http = "LinkShort.ServiceDefaults.Http";
    private const string Auth = "LinkShort.ServiceDefaults.Auth";
    private const string Persistence = "LinkShort.ServiceDefaults.Persistence";
    private const string Features = "LinkShort.ServiceDefaults.Features";
    private const string Privacy = "LinkShort.ServiceDefaults.Privacy";
    private const string Plans = "LinkShort.ServiceDefaults.Plans";
    private const string Blocklist = "LinkShort.Blocklist";
    private const string Visitors = "LinkShort.Visitors";
    private const string Clicks = "LinkShort.Clicks";
    private const string Values = "LinkShort.Values";
    private const string Localization = "LinkShort.Localization";
    private const string Look = "LinkShort.Look";

    /// <summary>What a project may reference. Projects that aren't listed are services, which may reference all shared projects.</summary>
    public static IReadOnlyDictionary<string, string[]> Arrows { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        [Contracts] = [],
        [Values] = [],
        [Localization] = [],
        [Look] = [],
        [Clicks] = [Contracts],
        [Defaults] = [],
        [Http] = [Contracts, Localization, Defaults],
        [Auth] = [Contracts, Localization, Defaults, Http],
        [Persistence] = [Contracts, Localization, Defaults, Http, Auth],
        [Features] = [Contracts, Localization, Defaults, Http, Auth, Persistence],
        [Privacy] = [Contracts, Localization, Values, Defaults, Http, Auth, Persistence],
        [Plans] = [Contracts, Localization, Values, Defaults, Http, Auth, Persistence, Privacy],
        [Blocklist] = [Defaults],
        [Visitors] = [Defaults],
        ["LinkShort.Hosting"] = [],
        ["LinkShort.Gateway"] = [Contracts, Localization, Look, Values, Defaults, Http, Auth, Persistence, Features],
        ["LinkShort.Web"] = [Contracts, Values, Localization, Look, Defaults, Http, Auth],
    };

    private static readonly string[] Shared = [Contracts, Defaults, Http, Auth, Persistence, Features, Privacy, Plans, Blocklist, Visitors, Values, Localization, Look, Clicks];

    /// <summary>Checks project files.</summary>
    public static IEnumerable<string> CheckProjects(IEnumerable<Source> projects) => projects.SelectMany(project =>
    {
        var name = Path.GetFileNameWithoutExtension(project.Path);
        return ProjectReference().Matches(project.Text)
            .Select(match => Path.GetFileNameWithoutExtension(match.Groups["path"].Value.Replace('\\', '/')))
            .Where(reference => !AllowedFor(name).Contains(reference))
            .Select(reference => $"{project.Path} references {reference}");
    });

    /// <summary>Checks compiled assemblies, which also have transitive references.</summary>
    public static IEnumerable<string> CheckAssembly(string name, IEnumerable<AssemblyName> references) => references
        .Select(reference => reference.Name!)
        .Where(reference => reference.StartsWith("LinkShort.", StringComparison.Ordinal) && !AllowedFor(name).Contains(reference))
        .Select(reference => $"{name} uses {reference}");

    private static string[] AllowedFor(string name) => Arrows.GetValueOrDefault(name, Shared);

    [GeneratedRegex(@"<ProjectReference\s[^>]*Include=""(?<path>[^""]+)""")]
    private static partial Regex ProjectReference();
}
