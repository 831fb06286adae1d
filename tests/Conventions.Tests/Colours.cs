using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// Every colour of every surface is a token of services/Shared/Look/tokens.json: stylesheets, pages, mails, scripts and code name tokens. Files
/// that can't, such as an SVG, have the tokens' values.
/// </summary>
internal static partial class Colours
{
    public const string Tokens = "services/Shared/Look/tokens.json";

    public static readonly string[] Endings = [".css", ".razor", ".html", ".svg", ".js", ".cs"];

    /// <summary>Colours of QR codes are what users choose, not a look.</summary>
    private static readonly string[] Chosen = ["services/Web/QrCodes/", "services/Links/QrCode/", "services/Links/OpenApi/"];

    public static IEnumerable<string> Check(IEnumerable<Source> sources, string tokens)
    {
        var values = Literal().Matches(tokens).Select(match => match.Value.ToLowerInvariant()).ToHashSet();
        return sources
            .Where(source => !Chosen.Any(folder => source.Path.StartsWith(folder, StringComparison.Ordinal)))
            .SelectMany(source => (source.Path.EndsWith(".css", StringComparison.Ordinal) ? LiteralOrName() : Literal()).Matches(source.Text)
                .Where(match => !(source.Path.EndsWith(".svg", StringComparison.Ordinal) && values.Contains(match.Value.ToLowerInvariant())))
                .Select(match => $"{source.At(match.Index)}: {match.Value.Trim()}"));
    }

    private const string Hex = @"(?<=[""':(,\s])\#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})(?![\w-])";
    private const string Function = @"\b(?:rgb|hsl)a?\(\s*[0-9][^)]*\)|\b(?:oklch|oklab|lab|lch|hwb)\([^)]*\)";

    [GeneratedRegex(Hex + "|" + Function)]
    private static partial Regex Literal();

    [GeneratedRegex(Hex + "|" + Function + @"|(?<=(?:color|background|border|fill|stroke|outline|shadow)[a-z-]*:[^;{}]*)\b(?:white|black|red|green|blue|gray|grey|orange|yellow)\b(?![-\w)])")]
    private static partial Regex LiteralOrName();
}
