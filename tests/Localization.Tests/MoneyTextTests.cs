namespace LinkShort.Localization.Tests;

public sealed class MoneyTextTests
{
    [Theory]
    [InlineData("en", 500, "usd", "$5.00")]
    [InlineData("en", 123_456, "usd", "$1,234.56")]
    [InlineData("en", 0, "eur", "€0.00")]
    [InlineData("de", 123_456, "usd", "1.234,56\u00a0$")]
    [InlineData("de", 500, "eur", "5,00\u00a0€")]
    [InlineData("es", 500, "eur", "5,00\u00a0€")]
    [InlineData("fr", 500, "eur", "5,00\u00a0€")]
    [InlineData("ar", 123_456, "usd", "$1,234.56")]
    [InlineData("en", 500, "chf", "CHF\u00a05.00")]
    [InlineData("de", 500, "cad", "5,00\u00a0CAD")]
    [InlineData("en", 500, "jpy", "¥500")]
    [InlineData("de", 1_500, "krw", "1.500\u00a0KRW")]
    public void An_amount_is_written_as_the_language_writes_it(string language, long amount, string currency, string expected) =>
        MoneyText.Of(amount, currency, Language.Find(language)!).ShouldBe(expected);
}
