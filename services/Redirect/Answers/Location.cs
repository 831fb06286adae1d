namespace LinkShort.Redirect.Answers;

/// <summary>
/// The <c>Location</c> field. A destination is sent byte for byte as stored, in UTF-8: RFC 9110 allows bytes above 0x7F in field values,
/// browsers and HTTP libraries read them as UTF-8, and a percent-encoded one would differ from what the owner typed. Only characters that
/// would break the message (control characters, lone surrogates) are percent-encoded; links never stores them.
/// </summary>
public static class Location
{
    public static string Of(string destination)
    {
        return destination.AsSpan().ContainsAnyInRange('\0', '\x1F') || destination.Contains('\x7F', StringComparison.Ordinal) || HasLoneSurrogate(destination)
            ? PercentEncoding.Encode(destination, rune => rune.Value is not (< 0x20 or 0x7F))
            : destination;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return true;
                }

                i++;
            }
        }

        return false;
    }
}
