using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace LinkShort.Web.Legal;

/// <summary>A document as HTML. Raw HTML in it is shown as text, and links lead only where the URL of a document may lead.</summary>
/// <param name="Title">The document's first heading of level 1, or null.</param>
public sealed record MarkdownText(string? Title, string Html)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().Build();

    public static MarkdownText Of(string markdown)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        var title = document.OfType<HeadingBlock>().FirstOrDefault() is { Level: 1 } first ? first : null;
        if (title is not null)
        {
            document.Remove(title);
        }

        foreach (var heading in document.Descendants<HeadingBlock>())
        {
            // The page's title is the only heading of level 1.
            heading.Level = Math.Max(2, heading.Level);
        }

        foreach (var table in document.Descendants<Table>())
        {
            // Alignment would become style attributes, which the content security policy refuses.
            table.ColumnDefinitions.ForEach(column => column.Alignment = null);
        }

        foreach (var link in document.Descendants<LinkInline>())
        {
            link.Url = Checked(link.Url);
        }

        foreach (var link in document.Descendants<AutolinkInline>().Where(link => !link.IsEmail))
        {
            link.Url = Checked(link.Url);
        }

        return new MarkdownText(title?.Inline is { } words ? TextOf(words) : null, document.ToHtml(Pipeline));
    }

    private static string TextOf(ContainerInline inlines) => string.Concat(inlines.Descendants().Select(inline => inline switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        _ => "",
    }));

    /// <returns>A URL that leads nowhere for schemes such as <c>javascript:</c>.</returns>
    private static string Checked(string? url) =>
        url is not null && Uri.TryCreate(url, UriKind.RelativeOrAbsolute, out var uri) && (!uri.IsAbsoluteUri || uri.Scheme is "http" or "https" or "mailto" or "tel")
            ? url
            : "#";
}
