using LinkShort.Localization;

namespace LinkShort.Web.ApiKeys;

/// <summary>The names of scopes.</summary>
public static class ScopeText
{
    /// <returns>What it permits, such as "create, edit and delete links".</returns>
    public static string Sentence(string scope, Texts texts) => texts.Find("apiKeys.may." + scope) ?? scope;

    /// <returns>The same for a tag, shorter where that is possible.</returns>
    public static string Label(string scope, Texts texts) => texts.Find("apiKeys.label." + scope) ?? Sentence(scope, texts);
}
