using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace LinkShort.Conventions.Tests;

/// <summary>A file of the repository.</summary>
/// <param name="Path">From the root, with slashes: <c>services/Links/Program.cs</c>.</param>
internal sealed record Source(string Path, string Text)
{
    private readonly Lazy<SyntaxNode> _syntax = new(() => CSharpSyntaxTree.ParseText(Text, path: Path).GetRoot());

    public SyntaxNode Syntax => _syntax.Value;

    /// <summary>The folder of a part of the product: <c>services/Links</c>, <c>services/Shared/Visitors</c>, <c>gateway</c>.</summary>
    public string Part => Path.Split('/') switch
    {
        ["services", "Shared", var library, ..] => $"services/Shared/{library}",
        ["services", var service, ..] => $"services/{service}",
        [var folder, ..] => folder,
        [] => "",
    };

    public string At(SyntaxNode node) => $"{Path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    public string At(int index) => $"{Path}:{Text.AsSpan(0, index).Count('\n') + 1}";
}

/// <summary>The repository that these tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] Product = ["services", "gateway", "ServiceDefaults", "hosting", "AppHost"];

    // Written by restores and builds.
    private static readonly string[] Generated = ["/bin/", "/obj/", "/node_modules/", "/wwwroot/css/", "/wwwroot/js/", "/wwwroot/fonts/"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file of the product.</summary>
    public static IReadOnlyList<Source> Code { get; } = [.. Product.SelectMany(folder => Files(folder, ".cs"))];

    /// <summary>The files under a folder with these endings, without generated ones.</summary>
    /// <exception cref="DirectoryNotFoundException">A rule for a folder that was renamed would hold for nothing.</exception>
    public static IEnumerable<Source> Files(string folder, params string[] endings)
    {
        var full = Path.Combine(Root, folder);
        return Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories)
            .Where(file => endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Select(file => (Full: file, Relative: Path.GetRelativePath(Root, file).Replace('\\', '/')))
            .Where(file => !Generated.Any(each => $"/{file.Relative}".Contains(each, StringComparison.Ordinal)))
            .OrderBy(file => file.Relative, StringComparer.Ordinal)
            .Select(file => new Source(file.Relative, File.ReadAllText(file.Full)));
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LinkShort.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"LinkShort.sln is in no folder above {AppContext.BaseDirectory}: run the tests from a build of the repository.");
    }
}

internal static class Violations
{
    public static void ShouldBeNone(this IEnumerable<string> violations, string rule)
    {
        var all = violations.ToList();
        all.ShouldBeEmpty($"{rule}\n  {string.Join("\n  ", all)}\n");
    }
}
