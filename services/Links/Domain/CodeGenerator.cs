using System.Security.Cryptography;

namespace LinkShort.Links.Domain;

/// <summary>
/// Makes codes that can't be guessed from others: 7 characters of base62 without those that look alike (0 O o, 1 I l), which
/// leaves 56^7, about 1.7·10^12. Drawn by the operating system's generator, each character equally likely.
/// </summary>
/// <param name="draw">Another source of codes, for tests; null for the real one.</param>
public sealed class CodeGenerator(Func<string>? draw = null)
{
    public const string Alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";
    public const int Length = 7;

    private readonly Func<string> _draw = draw ?? (static () => RandomNumberGenerator.GetString(Alphabet, Length));

    public Slug Next()
    {
        Slug? code;
        while (!Slug.TryParse(_draw(), out code, out _))
        {
            // A reserved word came up: draw again.
        }

        return code;
    }
}
