using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>Words that names, comments and log messages don't use, because no native speaker would.</summary>
internal static partial class Words
{
    public static IEnumerable<string> Check(IEnumerable<Source> sources) => sources.SelectMany(source =>
    {
        var nodes = source.Syntax.DescendantTokens(descendIntoTrivia: true);
        var names = nodes.Where(token => token.IsKind(SyntaxKind.IdentifierToken))
            .SelectMany(token => InName().Matches(token.Text).Select(match => (match.Value, token.SpanStart)));
        var comments = source.Syntax.DescendantTrivia().Where(IsComment)
            .SelectMany(trivia => InText().Matches(trivia.ToFullString()).Select(match => (match.Value, trivia.FullSpan.Start + match.Index)));
        var messages = source.Syntax.DescendantNodes().OfType<AttributeSyntax>().Where(attribute => attribute.Name.ToString() == "LoggerMessage")
            .SelectMany(attribute => InText().Matches(attribute.ToString()).Select(match => (match.Value, attribute.SpanStart + match.Index)));
        return names.Concat(comments).Concat(messages).Select(found => $"{source.At(found.Item2)}: {found.Value}").Distinct(StringComparer.Ordinal);
    });

    private static bool IsComment(SyntaxTrivia trivia) => trivia.Kind() is
        SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia
        or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia;

    [GeneratedRegex(@"\b(whoever|anew|patience|keepers?|wish(e[sd])?|(is|are|was) away|set aside)\b", RegexOptions.IgnoreCase)]
    private static partial Regex InText();

    /// <summary>As a word of a camelCase or PascalCase name.</summary>
    [GeneratedRegex("([Ww]hoever|[Aa]new|[Pp]atience|[Kk]eepers?|[Ww]ish(e[sd])?)(?![a-z])")]
    private static partial Regex InName();
}
