using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// Every statement on a tenant's table names the workspace: a read or change compares <c>workspace_id</c>, an insert writes it.
/// Tenants' tables are those that a part creates with a <c>workspace_id</c> column. A statement for all workspaces has a comment with its
/// reason, in the statement (<c>-- every workspace: housekeeping, nothing is read</c>) or in C# right above it.
/// </summary>
internal static partial class TenantSql
{
    public static IEnumerable<string> Check(IReadOnlyCollection<Source> sources) =>
        sources.GroupBy(source => source.Part).SelectMany(part =>
        {
            var texts = part.SelectMany(source => Texts(source).Select(text => (Source: source, Text: text))).ToList();
            var tables = texts.SelectMany(each => TablesOf(each.Text.Sql)).ToHashSet(StringComparer.Ordinal);
            return tables.Count == 0 ? [] : texts.SelectMany(each => Check(each.Source, each.Text, tables));
        });

    /// <summary>Tables that <c>create table</c> statements give a workspace_id.</summary>
    public static IEnumerable<string> TablesOf(string sql) => CreateTable().Matches(sql)
        .Where(create => WorkspaceId().IsMatch(create.Groups["columns"].Value))
        .Select(create => create.Groups["table"].Value.ToLowerInvariant());

    private static IEnumerable<string> Check(Source source, SqlText text, HashSet<string> tables)
    {
        foreach (var statement in Statements(text.Sql))
        {
            var touched = Touches().Matches(statement)
                .Select(touch => touch.Groups["table"].Value.ToLowerInvariant())
                .Where(tables.Contains)
                .Distinct()
                .ToList();
            if (touched.Count > 0 && LooksLikeSql().IsMatch(statement) && !NamesWorkspace(statement, text) && !Exempt().IsMatch(text.Sql) && !Exempt().IsMatch(text.CommentAbove))
            {
                yield return $"{source.At(text.Node)}: a statement on {string.Join(", ", touched)} without its workspace: {Shortened(statement)}";
            }
        }
    }

    private static bool NamesWorkspace(string statement, SqlText text)
    {
        var head = StatementHead().Match(statement).Value.ToLowerInvariant();
        if (head is "insert" or "copy")
        {
            return InsertsWorkspace().IsMatch(statement);
        }

        // In the conditions, not in the list of columns.
        var conditions = Conditions().Match(statement);
        return (conditions.Success && ComparesWorkspace().IsMatch(statement[conditions.Index..]))
            // A condition that is appended in the same method: where.Append("workspace_id = @workspaceId").
            || (statement.Contains(Hole, StringComparison.Ordinal) && text.Siblings.Any(sibling => ComparesWorkspace().IsMatch(sibling)));
    }

    private const string Hole = "{…}";

    /// <param name="Sql">Concatenated literals, an interpolated value as {…}.</param>
    /// <param name="Siblings">The other texts of the same method.</param>
    private sealed record SqlText(SyntaxNode Node, string Sql, string CommentAbove, IReadOnlyList<string> Siblings);

    private static IEnumerable<SqlText> Texts(Source source)
    {
        var expressions = source.Syntax.DescendantNodes()
            .Where(node => node is InterpolatedStringExpressionSyntax || (node is LiteralExpressionSyntax literal && literal.IsKind(SyntaxKind.StringLiteralExpression)))
            .Select(Outermost)
            .Distinct()
            .Select(node => (Node: node, Text: TextOf(node), Member: node.FirstAncestorOrSelf<MemberDeclarationSyntax>()))
            .ToList();
        var byMember = expressions.Where(each => each.Member is not null).ToLookup(each => each.Member!, each => each.Text);
        return expressions.Select(each => new SqlText(
            each.Node, each.Text, CommentAbove(each.Node), each.Member is null ? [] : [.. byMember[each.Member].Where(text => text != each.Text)]));
    }

    private static SyntaxNode Outermost(SyntaxNode node)
    {
        while (node.Parent is BinaryExpressionSyntax parent && parent.IsKind(SyntaxKind.AddExpression))
        {
            node = parent;
        }

        return node;
    }

    private static string TextOf(SyntaxNode node) => node switch
    {
        LiteralExpressionSyntax literal => literal.Token.ValueText,
        InterpolatedStringExpressionSyntax interpolated => interpolated.Contents.Aggregate(new StringBuilder(), (text, part) =>
            text.Append(part is InterpolatedStringTextSyntax plain ? plain.TextToken.ValueText : Hole)).ToString(),
        BinaryExpressionSyntax sum => TextOf(sum.Left) + TextOf(sum.Right),
        ParenthesizedExpressionSyntax inner => TextOf(inner.Expression),
        _ => Hole,
    };

    private static string CommentAbove(SyntaxNode node)
    {
        var statement = (SyntaxNode?)node.FirstAncestorOrSelf<StatementSyntax>() ?? node.FirstAncestorOrSelf<MemberDeclarationSyntax>();
        return (statement?.GetLeadingTrivia().ToFullString() ?? "") + string.Concat(node.AncestorsAndSelf()
            .TakeWhile(each => each != statement)
            .Select(each => each.GetLeadingTrivia().ToFullString()));
    }

    /// <summary>Split at semicolons; none of our statements has one in a text.</summary>
    private static IEnumerable<string> Statements(string sql) => LineComment().Replace(sql, "").Split(';').Where(statement => statement.Trim().Length > 0);

    private static string Shortened(string statement)
    {
        var line = Spaces().Replace(statement, " ").Trim();
        return line.Length <= 120 ? line : line[..120] + "…";
    }

    [GeneratedRegex(@"\bcreate\s+(unlogged\s+)?table\s+(if\s+not\s+exists\s+)?""?(?<table>\w+)""?\s*\((?<columns>[\s\S]*?)\)\s*(partition|with|;|$|create|alter)", RegexOptions.IgnoreCase)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"^\s*workspace_id\b", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex WorkspaceId();

    [GeneratedRegex(@"\b(from|join|update|into|copy|truncate|table|using)\s+(only\s+)?""?(?<table>\w+)""?", RegexOptions.IgnoreCase)]
    private static partial Regex Touches();

    [GeneratedRegex(@"\bselect\b[\s\S]*\bfrom\b|\binsert\s+into\b|\bupdate\s+\w+[\s\S]*\bset\b|\bdelete\s+from\b|^\s*copy\s+\w+|^\s*truncate\s|^\s*lock\s+table\b|\bfrom\b[\s\S]*\bwhere\b", RegexOptions.IgnoreCase)]
    private static partial Regex LooksLikeSql();

    [GeneratedRegex(@"\b(select|insert|update|delete|copy|truncate|lock)\b", RegexOptions.IgnoreCase)]
    private static partial Regex StatementHead();

    [GeneratedRegex(@"\b(insert\s+into|copy)\s+""?\w+""?(\s+as\s+\w+)?\s*\([^()]*\bworkspace_id\b[^()]*\)", RegexOptions.IgnoreCase)]
    private static partial Regex InsertsWorkspace();

    [GeneratedRegex(@"\b(where|on|using|join)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Conditions();

    [GeneratedRegex(@"\bworkspace_id\s*(=|in\b)|=\s*(any\s*\()?(\w+\.)?workspace_id\b|\([^()]*\bworkspace_id\b[^()]*\)\s*(=|<|>|in\b)|\busing\s*\([^()]*\bworkspace_id\b", RegexOptions.IgnoreCase)]
    private static partial Regex ComparesWorkspace();

    [GeneratedRegex(@"(--|//)\s*every workspace:\s*\S.{9,}", RegexOptions.IgnoreCase)]
    private static partial Regex Exempt();

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex LineComment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
