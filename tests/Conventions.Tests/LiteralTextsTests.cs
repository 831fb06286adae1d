namespace LinkShort.Conventions.Tests;

public sealed class LiteralTextsTests
{
    [Fact]
    public void Pages_read_their_words_from_resources() =>
        LiteralTexts.Check(Repository.Files("services/Web", ".razor")).ShouldBeNone("Put the text into services/Web/Texts/{language}/{feature}.json, and write @T[\"feature.name\"].");

    [Theory]
    [InlineData("<p>Hello</p>")]
    [InlineData("<p>@Name created it.</p>")]
    [InlineData("<a href=\"/x\" aria-label=\"Close\">@(\"x\")</a>")]
    [InlineData("<Field Label=\"Name\" Value=\"@Form.Name\" />")]
    [InlineData("@if (Count > 0)\n{\n<p>Some</p>\n}")]
    [InlineData("<p>\n  @T[\"a.b\"]\n  More of it\n</p>")]
    public void A_planted_text_is_found(string page) => LiteralTexts.Check([new Source("services/Web/Planted.razor", page)]).ShouldHaveSingleItem();

    [Theory]
    [InlineData("<p>@T[\"a.b\", (\"name\", \"x > y\")] · LinkShort</p>")]
    [InlineData("@foreach (var x in Items.Where(y => y.Name is \"a\"))\n{\n  var url = $\"/app/{x}\";\n  <a href=\"@url\">@x.Name</a>\n}\nelse if (Other)\n{\n<b>1</b>\n}")]
    [InlineData("@* A comment. *@<input placeholder=\"https://example.com/a-long-url\" class=\"form control\" />")]
    [InlineData("<p>·&nbsp;</p>\n@code {\n  // <p>Not markup</p>\n}")]
    public void Other_markup_is_left_alone(string page) => LiteralTexts.Check([new Source("services/Web/Planted.razor", page)]).ShouldBeEmpty();
}
