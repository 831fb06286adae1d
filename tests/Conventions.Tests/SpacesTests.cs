namespace LinkShort.Conventions.Tests;

public sealed class SpacesTests
{
    [Fact]
    public void Stylesheets_use_the_steps_of_the_scale()
    {
        var sources = new[] { "services", "gateway" }.SelectMany(folder => Repository.Files(folder, Spaces.Endings)).ToList();
        sources.ShouldContain(source => source.Path == "services/Web/Assets/css/site.css");
        sources.ShouldContain(source => source.Path == "services/Redirect/Answers/PageDocument.cs");
        sources.ShouldContain(source => source.Path == "gateway/OpenApi/style.css");

        Spaces.Check(sources).ShouldBeNone($"Write var(--space-…), var(--size-…) or var(--radius…) of {Colours.Tokens}.");
    }

    [Theory]
    [InlineData(".card { padding: 0.9rem; }")]
    [InlineData(".card { margin: 0 auto var(--space-8) 1.1rem; }")]
    [InlineData(".card { margin-inline-start: -.35rem; }")]
    [InlineData(".card{gap:12px}")]
    [InlineData(".card { padding-block: clamp(2.5rem, 6vw, var(--space-64)); }")]
    [InlineData(".card { font-size: 0.8125rem; }")]
    [InlineData(".card { font: 500 0.75rem/1.5 var(--mono); }")]
    [InlineData(".card { border-radius: 10px 10px 0 0; }")]
    [InlineData(".card { border-start-start-radius: 11px; }")]
    public void A_planted_literal_is_found(string css) =>
        Spaces.Check([new Source("services/Web/Assets/css/planted.css", "\n" + css)]).ShouldHaveSingleItem().ShouldStartWith("services/Web/Assets/css/planted.css:2: ");

    [Theory]
    [InlineData(".card { padding: var(--space-16) 0; margin: 0 auto -1px; gap: 0; }")]
    [InlineData(".card { margin-inline: calc(-1 * var(--space-6)); padding-inline-start: calc(1.125rem + var(--space-10)); }")]
    [InlineData(".card { font-size: 0.875em; padding: 0.1em 0.35em; border-radius: 50%; }")]
    [InlineData(".card { min-height: 2.5rem; width: 28rem; line-height: 1.75rem; inset: auto 1rem; }")]
    public void Steps_and_sizes_of_things_are_left_alone(string css) => Spaces.Check([new Source("services/Web/Assets/css/a.css", css)]).ShouldBeEmpty();
}
