namespace LinkShort.ServiceDefaults.Auth;

/// <summary>One proxy's element of a <c>Forwarded</c> header (RFC 7239), such as <c>for="[2001:db8::1]:4711";proto=https</c>.</summary>
/// <param name="For">As written, without quotes; null for none, or more than one.</param>
internal readonly record struct ForwardedElement(string? For, string? Proto, string? Host)
{
    /// <summary>Reads a header, whose lines were joined by commas.</summary>
    /// <returns>In the order of the proxies: the nearest last. An element that can't be read has no values.</returns>
    public static IReadOnlyList<ForwardedElement> ParseAll(ReadOnlySpan<char> header)
    {
        List<ForwardedElement> elements = [];
        while (!header.IsEmpty)
        {
            var element = Next(ref header, ',');
            if (!element.Trim().IsEmpty)
            {
                elements.Add(Parse(element));
            }
        }

        return elements;
    }

    private static ForwardedElement Parse(ReadOnlySpan<char> text)
    {
        // A client can't hide what a proxy appends to the header behind a quote that it leaves open.
        _ = EndOf(text, null, out var isOpen);
        if (isOpen)
        {
            return default;
        }

        var result = default(ForwardedElement);
        while (!text.IsEmpty)
        {
            var pair = Next(ref text, ';').Trim();
            var equals = pair.IndexOf('=');
            if (equals < 0)
            {
                continue;
            }

            var name = pair[..equals].Trim();
            var value = Unquote(pair[(equals + 1)..].Trim());
            if (name.Equals("for", StringComparison.OrdinalIgnoreCase))
            {
                if (result.For is not null)
                {
                    return default;
                }

                result = result with { For = value };
            }
            else if (name.Equals("proto", StringComparison.OrdinalIgnoreCase))
            {
                result = result with { Proto = value };
            }
            else if (name.Equals("host", StringComparison.OrdinalIgnoreCase))
            {
                result = result with { Host = value };
            }
        }

        return result;
    }

    /// <summary>Takes the text up to the separator, unless that is in quotes.</summary>
    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> text, char separator)
    {
        var whole = text;
        var end = EndOf(text, separator, out _);
        text = end < whole.Length ? whole[(end + 1)..] : [];
        return whole[..end];
    }

    private static int EndOf(ReadOnlySpan<char> text, char? separator, out bool isQuoted)
    {
        isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && isQuoted)
            {
                i++;
            }
            else if (text[i] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (text[i] == separator && !isQuoted)
            {
                return i;
            }
        }

        return text.Length;
    }

    private static string Unquote(ReadOnlySpan<char> value) => value is ['"', .. var inner, '"']
        ? inner.ToString().Replace("\\", "", StringComparison.Ordinal)
        : value.ToString();
}
