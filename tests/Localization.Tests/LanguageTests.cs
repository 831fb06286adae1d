using System.Globalization;

namespace LinkShort.Localization.Tests;

public sealed class LanguageTests
{
    [Theory]
    [InlineData("de", "de")]
    [InlineData("de-AT", "de")]
    [InlineData("DE_at", "de")]
    [InlineData(" fr ", "fr")]
    [InlineData("ar-EG", "ar")]
    [InlineData("en-GB", "en")]
    [InlineData("pt", null)]
    [InlineData("deu", null)]
    [InlineData("d", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_tag_is_found_by_its_primary_subtag(string? tag, string? expected) => Language.Find(tag)?.Code.ShouldBe(expected);

    [Theory]
    [InlineData("de-AT,de;q=0.9,en;q=0.5", "de")]
    [InlineData("pt-BR,pt;q=0.9,es;q=0.8,en;q=0.7", "es")]
    [InlineData("en;q=0.3, ar;q=0.8", "ar")]
    [InlineData("fr;q=0, en;q=0.1", "en")]
    [InlineData("FR-ca", "fr")]
    [InlineData("fr;q=1.000;level=1", null)]
    [InlineData("*", null)]
    [InlineData("pt,zh-Hant", null)]
    [InlineData("deutsch", null)]
    [InlineData(";;q=,=,-", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_reader_gets_the_heaviest_language_that_exists(string? header, string? expected) => Language.PreferredOf(header)?.Code.ShouldBe(expected);

    [Fact]
    public void A_header_of_a_megabyte_is_read_once() =>
        Language.PreferredOf(string.Concat(Enumerable.Repeat("xx;q=0.1,", 100_000)) + "de").ShouldBe(Language.German);

    [Fact]
    public void Only_Arabic_is_written_from_right_to_left() => Language.All.Where(language => language.IsRightToLeft).ShouldBe([Language.Arabic]);

    [Theory]
    [InlineData("en", "1,234,567", "5 Mar 2026")]
    [InlineData("de", "1.234.567", "5. März 2026")]
    [InlineData("es", "1.234.567", "5 mar 2026")]
    [InlineData("fr", "1\u202F234\u202F567", "5 mars 2026")]
    [InlineData("ar", "1,234,567", "5 مارس 2026")]
    public void Numbers_and_dates_are_written_as_the_language_does(string code, string number, string date)
    {
        var language = Language.Find(code)!;

        1_234_567.ToString("N0", language.Culture).ShouldBe(number);
        new DateOnly(2026, 3, 5).ToString(language.DatePattern, language.Culture).ShouldBe(date);
        new DateTime(2026, 9, 5, 0, 0, 0, DateTimeKind.Utc).ToString(language.DatePattern, language.Culture).All(character => !char.IsDigit(character) || char.IsAsciiDigit(character)).ShouldBeTrue();
        language.Culture.DateTimeFormat.Calendar.ShouldBeOfType<GregorianCalendar>();
    }
}
