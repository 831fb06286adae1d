namespace LinkShort.Visitors.Tests;

/// <summary>Assertions that <see cref="LinkShort.Testing.Eventually"/> can wait for.</summary>
internal static class Conditions
{
    public static bool ShouldBeAnd<T>(this T actual, T expected)
    {
        actual.ShouldBe(expected);
        return true;
    }

    public static bool ShouldContainAnd(this IReadOnlyCollection<string> lines, string text)
    {
        lines.ShouldContain(line => line.Contains(text, StringComparison.Ordinal));
        return true;
    }
}
