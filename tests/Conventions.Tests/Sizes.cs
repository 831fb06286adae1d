using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>Limits the length of methods and of parameter lists: a method fits on a screen, and its callers can read its arguments.</summary>
internal static class Sizes
{
    public const int MaxLines = 60;
    public const int MaxParameters = 8;

    /// <returns>The place of each method over the limit, its name (<see cref="Name"/>) and its size.</returns>
    public static IEnumerable<string> LongMethods(IEnumerable<Source> sources) => sources
        .Where(source => !IsMigration(source))
        .SelectMany(source => source.Syntax.DescendantNodes()
            .Where(node => node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax)
            .Select(method => (Method: method, Lines: LinesOf(method)))
            .Where(found => found.Lines > MaxLines)
            .Select(found => $"{source.At(found.Method)}: {Name(found.Method)} has {found.Lines} lines"));

    /// <inheritdoc cref="LongMethods"/>
    public static IEnumerable<string> LongParameterLists(IEnumerable<Source> sources) => sources
        .Where(source => !IsMigration(source))
        .SelectMany(source => source.Syntax.DescendantNodes()
            .Select(node => (Node: node, Parameters: ParametersOf(node)?.Parameters.Count ?? 0))
            .Where(found => found.Parameters > MaxParameters)
            .Select(found => $"{source.At(found.Node)}: {Name(found.Node)} has {found.Parameters} parameters"));

    /// <returns>Type and method: <c>CreateLink.HandleAsync</c>. A constructor has the name of its type.</returns>
    private static string Name(SyntaxNode node)
    {
        var type = node as TypeDeclarationSyntax ?? node.FirstAncestorOrSelf<TypeDeclarationSyntax>();
        var member = node switch
        {
            MethodDeclarationSyntax method => method.Identifier.Text,
            LocalFunctionStatementSyntax function => function.Identifier.Text,
            AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
            BaseMethodDeclarationSyntax or TypeDeclarationSyntax => type?.Identifier.Text,
            _ => node.Kind().ToString(),
        };
        return $"{type?.Identifier.Text}.{member}";
    }

    /// <summary>Without comments and attributes before the method.</summary>
    private static int LinesOf(SyntaxNode method)
    {
        var first = method.ChildNodesAndTokens().First(part => part.AsNode() is not AttributeListSyntax);
        var lines = method.SyntaxTree.GetLineSpan(Microsoft.CodeAnalysis.Text.TextSpan.FromBounds(first.SpanStart, method.Span.End));
        return lines.EndLinePosition.Line - lines.StartLinePosition.Line + 1;
    }

    /// <summary>Not those of records, whose primary constructors list their data.</summary>
    private static ParameterListSyntax? ParametersOf(SyntaxNode node) => node switch
    {
        BaseMethodDeclarationSyntax method => method.ParameterList,
        LocalFunctionStatementSyntax function => function.ParameterList,
        ClassDeclarationSyntax type => type.ParameterList,
        StructDeclarationSyntax type => type.ParameterList,
        _ => null,
    };

    private static bool IsMigration(Source source) => source.Path.Contains("/Migrations/", StringComparison.Ordinal);
}
