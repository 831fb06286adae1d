namespace LinkShort.Conventions.Tests;

public sealed class ColoursTests
{
    private static readonly string Tokens = File.ReadAllText(Path.Combine(Repository.Root, Colours.Tokens));

    [Fact]
    public void No_surface_has_colours_of_its_own()
    {
        var sources = new[] { "services", "gateway", "ServiceDefaults" }.SelectMany(folder => Repository.Files(folder, Colours.Endings)).ToList();
        sources.ShouldContain(source => source.Path == "services/Web/Assets/css/site.css");
        sources.ShouldContain(source => source.Path == "services/Notification/Composing/layout.html");
        sources.ShouldContain(source => source.Path == "gateway/OpenApi/style.css");

        Colours.Check(sources, Tokens).ShouldBeNone($"Write var(--token), or add a token to {Colours.Tokens}.");
    }

    [Theory]
    [InlineData("services/Web/Assets/css/planted.css", ".card { color: #fff; }")]
    [InlineData("services/Web/Assets/css/planted.css", ".card { background: light-dark(#ffffff, var(--page)); }")]
    [InlineData("services/Web/Assets/css/planted.css", ".card { border: 1px solid rgba(0, 0, 0, 0.1); }")]
    [InlineData("services/Web/Assets/css/planted.css", ".card { border: 1px solid red; }")]
    [InlineData("services/Notification/Composing/planted.html", "<td bgcolor=\"#066fd1\">")]
    [InlineData("services/Redirect/Answers/Planted.cs", "const string Style = \"body{color:#12201a}\";")]
    [InlineData("services/Web/wwwroot/img/planted.svg", "<rect fill=\"#123456\"/>")]
    public void A_planted_colour_is_found(string path, string text) => Colours.Check([new Source(path, "\n" + text)], Tokens).ShouldHaveSingleItem().ShouldStartWith(path + ":2: ");

    [Theory]
    [InlineData("services/Web/Assets/css/a.css", ".btn { color: var(--on-brand); background: var(--green); white-space: nowrap; border-color: currentColor; }")]
    [InlineData("services/Web/Assets/css/a.css", "#link-list > .empty { color: inherit; }")]
    [InlineData("services/Web/Home/A.razor", "<a href=\"#features\">&#8594;</a>")]
    [InlineData("services/Web/wwwroot/img/a.svg", "<rect fill=\"#0f2a1f\"/>")]
    [InlineData("services/Links/QrCode/A.cs", "var black = \"#000000\";")]
    public void Tokens_and_what_only_looks_like_a_colour_are_left_alone(string path, string text) => Colours.Check([new Source(path, text)], Tokens).ShouldBeEmpty();
}
