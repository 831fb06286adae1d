namespace LinkShort.Conventions.Tests;

public sealed class WordsTests
{
    [Fact]
    public void Names_comments_and_log_messages_are_in_plain_English() =>
        Words.Check(Repository.Code).ShouldBeNone("Use the field's own terms: a timeout, a request, a service, again.");

    [Theory]
    [InlineData("/// <summary>For whoever asks.</summary>\nclass P;")]
    [InlineData("class P; // Started anew.")]
    [InlineData("/* Patience. */ class P;")]
    [InlineData("class SpoolKeeper;")]
    [InlineData("class P { int _patience; }")]
    [InlineData("class P { void Run(int wishes) { } }")]
    [InlineData("class P { [LoggerMessage(LogLevel.Warning, \"Nothing to wish for.\")] void Log() { } }")]
    public void A_planted_word_is_found(string code) => Words.Check([new Source("services/Links/Planted.cs", code)]).ShouldHaveSingleItem();

    [Theory]
    [InlineData("class Housekeeping;")]
    [InlineData("class P { string s = \"We wish you a nice day.\"; }")]
    [InlineData("// Swish, swishing.\nclass P;")]
    [InlineData("class P { bool _isRenewed; }")]
    public void Other_words_are_left_alone(string code) => Words.Check([new Source("services/Links/Planted.cs", code)]).ShouldBeEmpty();
}
