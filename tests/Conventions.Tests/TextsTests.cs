using LinkShort.Localization;

namespace LinkShort.Conventions.Tests;

public sealed class TextsTests
{
    [Fact]
    public void Every_text_exists_in_every_language_with_the_same_placeholders_and_all_plural_forms()
    {
        Texts.Assemblies.Select(assembly => assembly.GetName().Name).ShouldContain("LinkShort.Web");
        Texts.Assemblies.SelectMany(Texts.CheckAssembly).ShouldBeNone("A translation has the keys, placeholders and elements of the English text, and the plural forms of its language.");
    }

    [Fact]
    public void No_translation_is_English() =>
        Texts.Assemblies.SelectMany(assembly => Texts.CheckTranslated(Texts.LanguagesOf(assembly))).ShouldBeNone("Translate it, or add the word if it is the same in that language.");

    [Fact]
    public void A_planted_English_text_is_found_in_a_translation()
    {
        var languages = Language.All.ToDictionary(each => each, _ => new Dictionary<string, string> { ["a.format"] = "Format", ["a.text"] = "Format of {n, plural, one {# link} other {# links}}" });

        Texts.CheckTranslated(languages).Where(violation => violation.StartsWith("de ", StringComparison.Ordinal)).ShouldBe(["de a.text: of link links"]);
    }

    [Fact]
    public void Every_key_in_code_has_a_text_and_every_text_is_used()
    {
        var projects = Texts.Projects.ToList();
        projects.Count.ShouldBeGreaterThanOrEqualTo(7);
        projects.SelectMany(project => Texts.CheckKeys(project.Folder, project.Keys, Repository.Files(project.Folder, ".cs")))
            .ShouldBeNone("A key names a text of its own project.");
    }

    [Fact]
    public void Errors_and_details_come_from_resources() =>
        Texts.CheckSentences(Repository.Code).ShouldBeNone("Put the sentence into Texts/{language}/, and name its key.");

    [Theory]
    [InlineData("""errors.Add("url", "At most 5 characters.");""")]
    [InlineData("""errors.Add("url", $"At most {max} characters.");""")]
    [InlineData("""errors.Add("url", isLong ? "Too long." : LinksTexts.Of("a.b"));""")]
    [InlineData("""errors.Add("url", LocalizedText.Verbatim("Too long."));""")]
    [InlineData("""return ValidationErrors.Of("url", "Not a URL.");""")]
    [InlineData("""return Problems.Conflict.Result("The key " + "has expired.");""")]
    [InlineData("""new ValidationErrors().Add("body", "A body is required.");""")]
    public void A_planted_sentence_is_found(string code) => Texts.CheckSentences([Planted(code)]).ShouldHaveSingleItem();

    [Theory]
    [InlineData("""errors.Add("url", LinksTexts.Of("destinations.scheme"));""")]
    [InlineData("""errors.Add($"rules[{i}].url", FieldRules.OneOf("a b", "c"));""")]
    [InlineData("""LocalizedText.Verbatim(page.Text);""")]
    [InlineData("""names.Add("Ada Lovelace");""")]
    public void Keys_and_names_are_left_alone(string code) => Texts.CheckSentences([Planted(code)]).ShouldBeEmpty();

    [Theory]
    [InlineData("de", null, "missing")]
    [InlineData("de", "{m} Links", "has m, English has n")]
    [InlineData("de", "<b>{n}</b> Links", "has <b>, n, English has n")]
    [InlineData("es", "{n, plural, one {# enlace} other {# enlaces}}", "a plural lacks many")]
    [InlineData("fr", "{n, plural, one {# lien} other {# liens}}", "a plural lacks many")]
    [InlineData("ar", "{n, plural, zero {0} one {1} two {2} few {#} other {#}}", "a plural lacks many")]
    public void A_planted_mistake_of_a_translation_is_found(string language, string? text, string mistake)
    {
        var languages = Language.All.ToDictionary(each => each, _ => new Dictionary<string, string> { ["a.links"] = "{n} links" });
        languages[Language.Find(language)!].Remove("a.links");
        if (text is not null)
        {
            languages[Language.Find(language)!].Add("a.links", text);
        }

        Texts.Check(languages).ShouldBe([$"{language} a.links: {mistake}"]);
    }

    [Fact]
    public void A_planted_key_without_a_text_and_an_unused_text_are_found() =>
        Texts.CheckKeys("services/Links", ["codes.empty", "codes.unused"], [Planted("""LinksTexts.Of(a ? "codes.empty" : "codes.nowhere");""")])
            .ShouldBe(["services/Links/Planted.cs:1: there is no text codes.nowhere", "services/Links: nothing uses the text codes.unused"]);

    private static Source Planted(string code) => new("services/Links/Planted.cs", $"class P {{ object? Run() {{ {code} }} }}");
}
