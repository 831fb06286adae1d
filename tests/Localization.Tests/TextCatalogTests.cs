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
    public void A_missing_text_is_its_key()
    {
        var texts = Catalog.In(Language.German);

        texts["sample.nothing"].ShouldBe("sample.nothing");
        texts.Parts("sample.nothing").ShouldBe([new TextPart("sample.nothing", null)]);
        texts.Has("sample.nothing").ShouldBeFalse();
    }
}
