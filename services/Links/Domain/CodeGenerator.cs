using System.Security.Cryptography;

namespace LinkShort.Links.Domain;

/// <summary>
/// Generates unpredictable codes: 7 characters of base62 without the ones that look alike (0 O o, 1 I l), which
/// leaves 56^7, about 1.7·10^12 codes. Drawn from the operating system's random generator, uniformly.
/// </summary>
/// <param name="draw">Replaces the random draw in tests.</param>
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
            // A reserved word: draw again.
        }

        return code;
    }
}
