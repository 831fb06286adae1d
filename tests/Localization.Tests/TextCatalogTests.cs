namespace LinkShort.Localization.Tests;

public sealed class TextCatalogTests
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(TextCatalogTests).Assembly);

    [Fact]
    public void A_text_is_in_its_language() => Catalog.In(Language.Arabic)["sample.both"].ShouldBe("الإنجليزية والعربية");

    [Fact]
    public void A_missing_translation_is_English_with_English_plurals()
    {
        var texts = Catalog.In(Language.Arabic);

        texts["sample.onlyEnglish", ("n", 1)].ShouldBe("1 link");
        texts["sample.onlyEnglish", ("n", 3)].ShouldBe("3 links");
        texts.Has("sample.onlyEnglish").ShouldBeTrue();
    }

    [Fact]
    public void The_pseudo_language_is_longer_English_in_brackets_that_nobody_is_offered()
    {
        var texts = Catalog.In(Language.Pseudo);

        texts["sample.onlyEnglish", ("n", 1)].ShouldBe("[1 líínk]");
        texts["sample.onlyEnglish", ("n", 3)].ShouldBe("[3 líínks]");
        Language.All.ShouldNotContain(Language.Pseudo);
        Language.Find(Language.Pseudo.Code).ShouldBe(Language.English);
    }

    [Fact]
    public void A_missing_text_is_its_key()
    {
        var texts = Catalog.In(Language.German);

        texts["sample.nothing"].ShouldBe("sample.nothing");
        texts.Parts("sample.nothing").ShouldBe([new TextPart("sample.nothing", null)]);
        texts.Has("sample.nothing").ShouldBeFalse();
    }
}
