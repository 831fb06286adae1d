using LinkShort.Localization;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Identity;

/// <summary>The texts of this service, in <c>Texts/{language}/{feature}.json</c>.</summary>
internal static class IdentityTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(IdentityTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);

    /// <summary>For a response with a text in it: the language that the caller accepts, as for problems. The response names it.</summary>
    public static Language AnswerIn(HttpContext context)
    {
        var language = Language.PreferredOf(context.Request.Headers.AcceptLanguage) ?? Language.English;
        context.Response.Headers.ContentLanguage = language.Code;
        context.Response.Headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.AcceptLanguage);
        return language;
    }
}
