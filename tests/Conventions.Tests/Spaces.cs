using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// Font sizes, spaces and rounded corners of stylesheets are the steps of services/Shared/Look/tokens.json. Left alone are hairlines, values
/// relative to the text (<c>em</c>, <c>%</c>), sizes of things, and what <c>calc()</c> makes of them. Mails are tables in pixels.
/// </summary>
internal static partial class Spaces
{
    public static readonly string[] Endings = [".css", ".razor", ".cs"];

    public static IEnumerable<string> Check(IEnumerable<Source> sources) =>
        sources.Where(source => !source.Path.StartsWith("services/Notification/", StringComparison.Ordinal)).SelectMany(source => Declaration().Matches(source.Text)
            .Where(declaration => Literal().IsMatch(Calculated().Replace(declaration.Groups["value"].Value, "")))
            .Select(declaration => $"{source.At(declaration.Index)}: {declaration.Value.Trim()}"));

    [GeneratedRegex(@"(?<![\w-])(?:font|font-size|(?:padding|margin)(?:-[a-z-]+)?|(?:row-|column-)?gap|border(?:-[a-z]+)*-radius)\s*:\s*(?<value>[^;{}""]*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"calc\((?:[^()]|\([^()]*\))*\)")]
    private static partial Regex Calculated();

    [GeneratedRegex(@"(?<![\w.])(?!0*\.?0+(?:rem|px))(?!1px\b)[0-9]*\.?[0-9]+(?:rem|px)\b")]
    private static partial Regex Literal();
}
