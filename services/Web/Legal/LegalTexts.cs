using System.Collections.Concurrent;
using System.Net;
using LinkShort.Localization;
using Microsoft.Extensions.Options;

namespace LinkShort.Web.Legal;

/// <summary>The name in the URL, and the key of its title.</summary>
public enum LegalDocument
{
    Terms,
    Privacy,
}

/// <param name="Language">Null if only its author knows: an installation's own file without a language in its name.</param>
public sealed record LegalText(string? Title, string Html, Language? Language);

/// <summary>
/// The legal texts: the installation's own file in the reader's language, else its file for all languages, else the default text. An edited file is
/// shown with the next request.
/// </summary>
public sealed partial class LegalTexts(IOptions<LegalOptions> options, ILogger<LegalTexts> logger)
{
    private readonly ConcurrentDictionary<string, (DateTime WrittenAt, MarkdownText Text)> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(LegalDocument Document, Language Language), MarkdownText> _defaults = [];

    /// <summary>A mailto: or https URI, or empty.</summary>
    public string Contact => options.Value.Contact;

    public LegalText Read(LegalDocument document, Texts texts)
    {
        var path = document is LegalDocument.Terms ? options.Value.Terms : options.Value.Privacy;
        if (path.Length > 0)
        {
            if (FromFile(LegalOptions.PathIn(path, texts.Language)) is { } translated)
            {
                return new LegalText(translated.Title, translated.Html, texts.Language);
            }

            if (FromFile(path) is { } own)
            {
                return new LegalText(own.Title, own.Html, null);
            }
        }

        var text = _defaults.GetOrAdd((document, texts.Language), static key => MarkdownText.Of(DefaultOf(key.Document, key.Language)));
        return new LegalText(text.Title, Filled(text.Html, texts), texts.Language);
    }

    /// <returns>Null if there is no such file. One that can't be read now is shown as it was.</returns>
    private MarkdownText? FromFile(string path)
    {
        var known = _files.TryGetValue(path, out var last);
        try
        {
            var writtenAt = File.GetLastWriteTimeUtc(path);
            if (known && last.WrittenAt == writtenAt)
            {
                return last.Text;
            }

            var text = MarkdownText.Of(File.ReadAllText(path));
            _files[path] = (writtenAt, text);
            return text;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException && !known)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.Unreadable(logger, path, failure);
            return known ? last.Text : null;
        }
    }

    private string Filled(string html, Texts texts)
    {
        var contact = options.Value.Contact is { Length: > 0 } address
            ? $"<a href=\"{WebUtility.HtmlEncode(address)}\" dir=\"ltr\">{WebUtility.HtmlEncode(address.Replace("mailto:", "", StringComparison.Ordinal))}</a>"
            : WebUtility.HtmlEncode(texts["legal.noContact"]);
        var operatorName = WebUtility.HtmlEncode(options.Value.Operator is { Length: > 0 } name ? name : texts["legal.operator"]);
        return html.Replace("{contact}", contact, StringComparison.Ordinal).Replace("{operator}", operatorName, StringComparison.Ordinal);
    }

    private static string DefaultOf(LegalDocument document, Language language)
    {
        using var reader = new StreamReader(typeof(LegalTexts).Assembly.GetManifestResourceStream($"Legal/{document}.{language.Code}.md")!);
        return reader.ReadToEnd();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The legal text {Path} can't be read")]
        public static partial void Unreadable(ILogger logger, string path, Exception failure);
    }
}
