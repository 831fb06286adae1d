using LinkShort.Contracts;
using LinkShort.Links.Domain;

namespace LinkShort.Links.Tests;

public sealed class SlugTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Launch-2026_v1.0~x")]
    [InlineData("münchen")]
    [InlineData("日本語")]
    [InlineData("हिन्दी")]
    [InlineData("مرحبا")]
    [InlineData("٣٤")]
    [InlineData("🚀")]
    [InlineData("❤️")]
    [InlineData("👩‍👩‍👧‍👦")]
    [InlineData("👋🏽")]
    [InlineData("🏳️‍🌈")]
    [InlineData("🇩🇪")]
    [InlineData("1️⃣")]
    [InlineData("1\u20E3")]
    [InlineData("#\uFE0F\u20E3")]
    [InlineData("*\u20E3-x")]
    [InlineData("\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F")]
    [InlineData("\U0001F642\u200D\u2194\uFE0F")]
    [InlineData("\U0001F642\u200D\u2194")]
    [InlineData("\U0001F9D1\U0001F3FD\u200D\U0001F91D\u200D\U0001F9D1\U0001F3FB")]
    [InlineData("\U0001F575\U0001F3FF\u200D\u2640\uFE0F")]
    [InlineData("\U0001F3F3\uFE0F\u200D\u26A7\uFE0F")]
    [InlineData("\U0001F441\u200D\U0001F5E8")]
    [InlineData("\u2764\uFE0E")]
    [InlineData("\u203C\uFE0F")]
    [InlineData("\u3030\u303D\u25FD\u2934\uFE0F")]
    [InlineData("\u2139\uFE0F")]
    [InlineData("\u00A9\uFE0F")]
    [InlineData("\U0001FAEA")]
    [InlineData("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645")]
    [InlineData("\u0915\u094D\u200D\u0937")]
    [InlineData("\u0915\u094D\u200C\u0937")]
    [InlineData("\u0DC1\u0DCA\u200D\u0DBB\u0DD3")]
    [InlineData("docs/start/here")]
    [InlineData("a.b")]
    [InlineData("apple/api")]
    [InlineData("application")]
    public void A_valid_code_is_kept_unchanged(string text)
    {
        Slug.TryParse(text, out var slug, out var error).ShouldBeTrue(error?.ToString());
        slug!.Value.ShouldBe(text.Normalize());
    }

    [Fact]
    public void Codes_are_in_normalization_form_C_and_case_sensitive()
    {
        Slug.TryParse("mu\u0308nchen", out var decomposed, out _).ShouldBeTrue();
        Slug.TryParse("m\u00FCnchen", out var composed, out _).ShouldBeTrue();
        decomposed.ShouldBe(composed);
        Slug.TryParse("MÜNCHEN", out var upper, out _).ShouldBeTrue();
        upper.ShouldNotBe(composed);
    }

    [Fact]
    public void A_code_has_up_to_128_characters_and_8_segments()
    {
        Slug.TryParse(new string('a', 128), out _, out _).ShouldBeTrue();
        Slug.TryParse(string.Concat(Enumerable.Repeat("🚀", 128)), out _, out _).ShouldBeTrue();
        Slug.TryParse(new string('a', 129), out _, out var error).ShouldBeFalse();
        error!.ToString().ShouldContain("128");
        Slug.TryParse(new string('a', 10_000_000), out _, out _).ShouldBeFalse();
        Slug.TryParse("a/b/c/d/e/f/g/h", out _, out _).ShouldBeTrue();
        Slug.TryParse("a/b/c/d/e/f/g/h/i", out _, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a\u00A0b")]
    [InlineData("a\tb")]
    [InlineData("a\nb")]
    [InlineData("a\u0000b")]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028b")]
    [InlineData("a+")]
    [InlineData("a+b")]
    [InlineData("a%20b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a&b")]
    [InlineData("a:b")]
    [InlineData("a@b")]
    [InlineData("a\\b")]
    [InlineData("<script>")]
    [InlineData("a\"b")]
    [InlineData("a'b")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("...")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2066b")]
    [InlineData("a\u200Bb")]
    [InlineData("a\u200Db")]
    [InlineData("a\u200Cb")]
    [InlineData("\u200D")]
    [InlineData("\uFEFFa")]
    [InlineData("a\u00ADb")]
    [InlineData("\u0301a")]
    [InlineData("a/\u0301b")]
    [InlineData("a\uFE0F")]
    [InlineData("a\uFE00")]
    [InlineData("\u2800")]
    [InlineData("\u3164")]
    [InlineData("\u115F")]
    [InlineData("\uFFFD")]
    [InlineData("\uE000")]
    [InlineData("a\u2044b")]
    [InlineData("a\u2215b")]
    [InlineData("🏽")]
    [InlineData("#")]
    [InlineData("*")]
    [InlineData("a\u20E3")]
    [InlineData("1\uFE0F")]
    [InlineData("\U0001F680\u200D")]
    [InlineData("\u200D\U0001F680")]
    [InlineData("\U0001F680\u200Da")]
    [InlineData("\U0001F680\u200C\U0001F680")]
    [InlineData("\U0001F3F4\U000E0067\U000E0062")]
    [InlineData("\U0001F3F4\U000E0078\U000E0079\U000E007A\U000E007F")]
    [InlineData("\U0001F680\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F")]
    [InlineData("\u0645\u06CC\u200C")]
    [InlineData("\u200C\u0645")]
    [InlineData("\u0648\u200C\u0645")]
    [InlineData("\u0645\u200D\u06CC")]
    [InlineData("\u0915\u200D\u0937")]
    [InlineData("\u0621\u200C\u0645")]
    public void Ambiguous_and_reserved_texts_are_not_codes(string? text)
    {
        Slug.TryParse(text, out var slug, out var error).ShouldBeFalse();
        slug.ShouldBeNull();
        error.ShouldNotBeNull().ToString().ShouldNotBeEmpty();
    }

    [Fact]
    public void A_lone_surrogate_is_not_a_code()
    {
        Slug.TryParse("a\uD83D", out _, out _).ShouldBeFalse();
        Slug.TryParse("\uDE80a", out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Reserved_first_segments_are_not_codes_in_any_case()
    {
        foreach (var reserved in ReservedCodes.All)
        {
            Slug.TryParse(reserved, out _, out var error).ShouldBeFalse();
            error!.ToString().ShouldContain("reserved");
            Slug.TryParse(reserved.ToUpperInvariant(), out _, out _).ShouldBeFalse();
            Slug.TryParse(reserved + "/x", out _, out _).ShouldBeFalse();
            Slug.TryParse("x/" + reserved, out _, out _).ShouldBeTrue();
        }
    }
}
