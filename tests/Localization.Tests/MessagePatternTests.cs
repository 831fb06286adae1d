namespace LinkShort.Localization.Tests;

public sealed class MessagePatternTests
{
    [Theory]
    [InlineData("Plain text.", "Plain text.")]
    [InlineData("Hi {name}!", "Hi Ada!")]
    [InlineData("{name}, {name}", "Ada, Ada")]
    [InlineData("{ name }", "Ada")]
    [InlineData("It's {name}'s", "It's Ada's")]
    [InlineData("'{name}' and ''", "{name} and '")]
    [InlineData("{n, number} of {n}", "1,234 of 1,234")]
    [InlineData("{half, number}", "1.5")]
    [InlineData("{n, plural, one {# click} other {# clicks by {name}}}", "1,234 clicks by Ada")]
    [InlineData("{one, plural, =1 {a click} one {# click} other {# clicks}}", "a click")]
    [InlineData("{one, plural, one {# '#' '{'} other {}}", "1 # {")]
    [InlineData("# outside", "# outside")]
    [InlineData("{role, select, owner {She owns} other {They see}} it", "She owns it")]
    [InlineData("{name, select, owner {x} other {{n, plural, one {y} other {#}}}}", "1,234")]
    [InlineData("Read <terms>the {role}'s terms</terms>.", "Read the owner's terms.")]
    [InlineData("2 '<' 3", "2 < 3")]
    [InlineData("{nothing}", "")]
    public void A_pattern_is_filled(string pattern, string expected) => MessagePattern.Parse(pattern)
        .Format(Language.English, ("name", "Ada"), ("n", 1234), ("one", 1L), ("half", 1.5m), ("role", "owner"), ("nothing", null))
        .ShouldBe(expected);

    [Fact]
    public void Arabic_has_six_forms()
    {
        var pattern = MessagePattern.Parse("{n, plural, zero {لا نقرات} one {نقرة واحدة} two {نقرتان} few {# نقرات} many {# نقرة} other {# نقرة!}}");

        new[] { 0, 1, 2, 3, 11, 100, 103 }.Select(n => pattern.Format(Language.Arabic, ("n", n)))
            .ShouldBe(["لا نقرات", "نقرة واحدة", "نقرتان", "3 نقرات", "11 نقرة", "100 نقرة!", "103 نقرات"]);
    }

    [Fact]
    public void Elements_are_parts_of_their_own()
    {
        var pattern = MessagePattern.Parse("Read <terms>the {what}</terms> and <b>{n, plural, one {a page} other {# pages}}</b>.");

        pattern.Parts(Language.German, ("what", "<script>"), ("n", 2000)).ShouldBe(
            [new("Read ", null), new("the <script>", "terms"), new(" and ", null), new("2.000 pages", "b"), new(".", null)]);
        pattern.Names.ShouldBe(["<b>", "<terms>", "n", "what"], ignoreOrder: true);
        pattern.Plurals.ShouldHaveSingleItem().ShouldBe(["one", "other"]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("{}")]
    [InlineData("{name")]
    [InlineData("{n, ordinal, other {x}}")]
    [InlineData("{n, plural, one {x}}")]
    [InlineData("{n, plural, several {x} other {y}}")]
    [InlineData("{n, plural, one {x} one {y} other {z}}")]
    [InlineData("{n, plural, other {x}")]
    [InlineData("<b>bold")]
    [InlineData("</b>")]
    [InlineData("<b>bold</i>")]
    [InlineData("{n, plural, other {<b>x}</b>}")]
    public void A_mistake_is_an_error_that_quotes_the_text(string pattern) =>
        Should.Throw<FormatException>(() => MessagePattern.Parse(pattern)).Message.ShouldContain($"“{pattern}”");

    [Fact]
    public void A_missing_value_is_an_error_that_names_it()
    {
        Should.Throw<FormatException>(() => MessagePattern.Parse("Hi {name}").Format(Language.English, ("n", 1))).Message.ShouldContain("{name}");
        Should.Throw<FormatException>(() => MessagePattern.Parse("{n, plural, other {#}}").Format(Language.English, ("n", "1"))).Message.ShouldContain("{n}");
    }
}
