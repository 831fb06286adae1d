using System.Reflection;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Localization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>What people read comes from resources, complete in every language.</summary>
internal static class Texts
{
    /// <summary>Their folder in a project and, as the start of their names, in an assembly.</summary>
    private const string Folder = "Texts/";

    /// <summary>English texts that are in code, because their projects are below the translations.</summary>
    private static readonly Dictionary<string, string> InContracts = Problems.All.Values
        .SelectMany(problem => new[] { ($"problems.{problem.Slug}.title", problem.Title), ($"problems.{problem.Slug}.explanation", problem.Explanation) })
        .ToDictionary(text => text.Item1, text => text.Item2, StringComparer.Ordinal);

    /// <summary>Countries, of which many are called the same.</summary>
    private const string Names = "countries.";

    private static readonly string[] SameEverywhere = ["UTM", "UTC", "API", "URL", "Android", "Esc", "Ctrl"];

    /// <summary>Words that are spelled as in English, and mean the same.</summary>
    private static readonly Dictionary<Language, string> SameAsInEnglish = new()
    {
        [Language.German] = "Name Rate Details Browser Code Domain Domains Filter Format Links Webhooks Hash Trace optional Team Apps Tags Medium Tablet Wearable KB MB Bots Bot Passkeys Realm Marketing Link Tag Targeting Region Status Desktop Limit Median",
        [Language.Spanish] = "personal Plan no Hash Webhooks Wearable KB MB Bots Bot Color Realm Marketing General Asia Total Personal",
        [Language.French] = "Description Sessions active Action Code Format Notes Destination Invitations Webhooks Trace Administration Image Source Options Console Mobile Service Realm Marketing Condition Conditions Europe Continent Actions Expansion Contraction",
        [Language.Arabic] = "",
    };

    private static readonly char[] NoLetters = [.. " ,.:;()“”«»/–…!?%'’+-&#0123456789"];

    /// <summary>Every assembly of the product that has texts.</summary>
    public static IReadOnlyList<Assembly> Assemblies { get; } =
    [
        .. Directory.EnumerateFiles(AppContext.BaseDirectory, "LinkShort.*.dll")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => !name.EndsWith("Tests", StringComparison.Ordinal))
            .Select(Assembly.Load)
            .Where(assembly => assembly.GetManifestResourceNames().Any(name => name.StartsWith(Folder, StringComparison.Ordinal))),
    ];

    public static IEnumerable<string> CheckAssembly(Assembly assembly) => Check(LanguagesOf(assembly)).Select(violation => $"{assembly.GetName().Name} {violation}");

    public static IReadOnlyDictionary<Language, Dictionary<string, string>> LanguagesOf(Assembly assembly)
    {
        var catalog = TextCatalog.Of(assembly);
        var languages = Language.All.ToDictionary(language => language, language => catalog.In(language).Patterns.ToDictionary(text => text.Key, text => text.Value.Source));
        if (assembly.GetName().Name == "LinkShort.ServiceDefaults.Http")
        {
            foreach (var (key, text) in InContracts)
            {
                languages[Language.English].Add(key, text);
            }
        }

        return languages;
    }

    /// <summary>Compares the languages: the same keys with the same placeholders and elements, and every plural form that a language has.</summary>
    public static IEnumerable<string> Check(IReadOnlyDictionary<Language, Dictionary<string, string>> languages)
    {
        foreach (var key in languages.Values.SelectMany(texts => texts.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            IReadOnlySet<string>? expected = languages[Language.English].TryGetValue(key, out var english) ? MessagePattern.Parse(english).Names : null;
            foreach (var (language, texts) in languages)
            {
                if (!texts.TryGetValue(key, out var text))
                {
                    yield return $"{language} {key}: missing";
                    continue;
                }

                var pattern = MessagePattern.Parse(text);
                if (expected is not null && !pattern.Names.SetEquals(expected))
                {
                    yield return $"{language} {key}: has {string.Join(", ", pattern.Names)}, English has {string.Join(", ", expected)}";
                }

                foreach (var missing in pattern.Plurals.SelectMany(forms => language.Categories.Select(form => form.ToString().ToLowerInvariant()).Except(forms)))
                {
                    yield return $"{language} {key}: a plural lacks {missing}";
                }
            }
        }
    }

    /// <summary>Finds texts that are the same in English and in a translation, other than words that are the same in both languages.</summary>
    public static IEnumerable<string> CheckTranslated(IReadOnlyDictionary<Language, Dictionary<string, string>> languages)
    {
        foreach (var (language, texts) in languages.Where(each => each.Key != Language.English))
        {
            var same = SameAsInEnglish[language].Split(' ').Concat(SameEverywhere).ToHashSet(StringComparer.Ordinal);
            foreach (var (key, text) in texts.Where(text => !text.Key.StartsWith(Names, StringComparison.Ordinal) && languages[Language.English].GetValueOrDefault(text.Key) == text.Value))
            {
                var words = MessagePattern.Parse(text).Literals.SelectMany(literal => literal.Split(NoLetters, StringSplitOptions.RemoveEmptyEntries)).Where(word => word.Any(char.IsLetter));
                if (words.Where(word => !same.Contains(word)).ToList() is { Count: > 0 } foreign)
                {
                    yield return $"{language} {key}: {string.Join(' ', foreign)}";
                }
            }
        }
    }

    /// <summary>Every key that a project's code names has a text, and every text is used by it.</summary>
    /// <param name="folder">The project's.</param>
    public static IEnumerable<string> CheckKeys(string folder, IEnumerable<string> keys, IEnumerable<Source> code)
    {
        var defined = keys.ToHashSet(StringComparer.Ordinal);
        var sources = code.ToList();
        var named = sources.SelectMany(source => CallsOf(source.Syntax, "Of")
            .Where(call => call.Expression is MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: var texts } } && texts.EndsWith("Texts", StringComparison.Ordinal))
            .SelectMany(call => Literals(call.ArgumentList.Arguments[0]).Where(IsKey).Select(key => (Key: key, At: source.At(call)))));
        foreach (var (key, at) in named.Where(call => !defined.Contains(call.Key)))
        {
            yield return $"{at}: there is no text {key}";
        }

        var literals = sources.SelectMany(source => Literals(source.Syntax)).ToHashSet(StringComparer.Ordinal);
        // A feature may be read as a whole, by its prefix.
        foreach (var unused in defined.Where(key => !literals.Contains(key) && !literals.Contains(key[..(key.IndexOf('.', StringComparison.Ordinal) + 1)])))
        {
            yield return $"{folder}: nothing uses the text {unused}";
        }
    }

    /// <summary>
    /// Finds sentences in code. Errors and details take a <see cref="LocalizedText"/>, so that a string as such doesn't compile: what is left is to
    /// pass one as a text that needs no translation.
    /// </summary>
    public static IEnumerable<string> CheckSentences(IEnumerable<Source> sources) => sources.SelectMany(source =>
        CallsOf(source.Syntax, "Verbatim", "Add", "Of", "Result")
            .Where(call => call.ArgumentList.Arguments.Any(argument => Spoken(argument.Expression).Any(text => text.Trim().Contains(' ', StringComparison.Ordinal))))
            .Where(call => call.Expression is MemberAccessExpressionSyntax { Expression: var target } && IsAnswer(target.ToString()))
            .Select(call => $"{source.At(call)}: {call}"));

    /// <summary>The projects whose code names keys by <c>…Texts.Of("feature.name")</c>, with the keys of their English texts.</summary>
    public static IEnumerable<(string Folder, IReadOnlyList<string> Keys)> Projects => Repository.Code
        .Where(source => source.Path.EndsWith("Texts.cs", StringComparison.Ordinal) && source.Text.Contains("TextCatalog.Of(typeof(", StringComparison.Ordinal))
        .Select(source => ProjectOf(source.Path))
        .Select(folder => (folder, (IReadOnlyList<string>)[.. Repository.Files($"{folder}/{Folder}en", ".json").SelectMany(Keys)]));

    private static string ProjectOf(string path)
    {
        var folder = path[..path.LastIndexOf('/')];
        return Directory.Exists(Path.Combine(Repository.Root, folder, Folder)) ? folder : ProjectOf(folder);
    }

    private static IEnumerable<string> Keys(Source file) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(file.Text)!.Keys.Select(name => $"{Path.GetFileNameWithoutExtension(file.Path)}.{name}");

    private static bool IsKey(string text) => text.Contains('.', StringComparison.Ordinal) && !text.Contains(' ', StringComparison.Ordinal);

    private static bool IsAnswer(string target) =>
        target is "LocalizedText" or "ValidationErrors" || target.EndsWith("errors", StringComparison.OrdinalIgnoreCase) || target.StartsWith("Problems.", StringComparison.Ordinal)
        || target.StartsWith("new ValidationErrors()", StringComparison.Ordinal);

    private static IEnumerable<InvocationExpressionSyntax> CallsOf(SyntaxNode node, params string[] methods) => node.DescendantNodes().OfType<InvocationExpressionSyntax>()
        .Where(call => call.Expression is MemberAccessExpressionSyntax { Name.Identifier.Text: var name } && methods.Contains(name, StringComparer.Ordinal));

    private static IEnumerable<string> Literals(SyntaxNode node) =>
        node.DescendantNodesAndSelf().OfType<LiteralExpressionSyntax>().Where(literal => literal.IsKind(SyntaxKind.StringLiteralExpression)).Select(literal => literal.Token.ValueText);

    /// <summary>Literal text of an expression itself, not of calls within it: those take keys and examples.</summary>
    private static IEnumerable<string> Spoken(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.StringLiteralExpression) => [literal.Token.ValueText],
        InterpolatedStringExpressionSyntax text => [string.Concat(text.Contents.Select(part => part is InterpolatedStringTextSyntax plain ? plain.TextToken.ValueText : "…"))],
        ConditionalExpressionSyntax either => Spoken(either.WhenTrue).Concat(Spoken(either.WhenFalse)),
        BinaryExpressionSyntax both => Spoken(both.Left).Concat(Spoken(both.Right)),
        ParenthesizedExpressionSyntax inner => Spoken(inner.Expression),
        _ => [],
    };
}
