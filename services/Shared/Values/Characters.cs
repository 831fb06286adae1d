namespace LinkShort.Values;

/// <summary>Lengths as JSON Schema (2020-12, 6.3.1) and people count them: an emoji outside the basic plane is one character, not two.</summary>
public static class Characters
{
    /// <returns>The number of Unicode code points. Half of a surrogate pair counts as one.</returns>
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether a text has more than <paramref name="limit"/> characters. Huge texts are not counted.</summary>
    public static bool Exceed(string? text, int limit) =>
        text is not null && text.Length > limit && (text.Length > 2 * limit || Count(text) > limit);
}
