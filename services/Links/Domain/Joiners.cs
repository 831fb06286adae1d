using System.Globalization;
using System.Text;

namespace LinkShort.Links.Domain;

/// <summary>
/// Where a script needs a joiner or non-joiner, which is invisible elsewhere: the rules CONTEXTJ of IDNA2008 (RFC 5892, appendix A.1 and A.2). After a
/// virama both choose how a conjunct of an Indic script is drawn; between letters that would join, ZWNJ keeps the parts of a Persian word apart.
/// </summary>
internal static class Joiners
{
    public const int NonJoiner = 0x200C;
    public const int Joiner = 0x200D;

    /// <summary>Canonical_Combining_Class Virama (9) of Unicode 16.</summary>
    private static readonly HashSet<int> Viramas =
    [
        0x094D, 0x09CD, 0x0A4D, 0x0ACD, 0x0B4D, 0x0BCD, 0x0C4D, 0x0CCD, 0x0D3B, 0x0D3C, 0x0D4D, 0x0DCA, 0x0E3A, 0x0EBA, 0x0F84, 0x1039, 0x103A,
        0x1714, 0x1715, 0x1734, 0x17D2, 0x1A60, 0x1B44, 0x1BAA, 0x1BAB, 0x1BF2, 0x1BF3, 0x2D7F, 0xA806, 0xA82C, 0xA8C4, 0xA953, 0xA9C0, 0xAAF6, 0xABED,
        0x10A3F, 0x11046, 0x11070, 0x1107F, 0x110B9, 0x11133, 0x11134, 0x111C0, 0x11235, 0x112EA, 0x1134D, 0x113CE, 0x113CF, 0x113D0, 0x11442, 0x114C2,
        0x115BF, 0x1163F, 0x116B6, 0x1172B, 0x11839, 0x1193D, 0x1193E, 0x119E0, 0x11A34, 0x11A47, 0x11A99, 0x11C3F, 0x11D44, 0x11D45, 0x11D97, 0x11F41,
        0x11F42, 0x1612F,
    ];

    /// <summary>Blocks of the cursive scripts: Arabic, Syriac, N'Ko, Mandaic, Mongolian, Phags-pa, Adlam.</summary>
    private static readonly (int First, int Last)[] Cursive =
        [(0x0620, 0x074F), (0x0750, 0x07EA), (0x0840, 0x08FF), (0x1820, 0x18AA), (0xA840, 0xA872), (0x1E900, 0x1E943)];

    /// <summary>Letters of these blocks that join only with the letter before them (Joining_Type R of ArabicShaping.txt).</summary>
    private static readonly (int First, int Last)[] RightJoining =
    [
        (0x0622, 0x0625), (0x0627, 0x0627), (0x0629, 0x0629), (0x062F, 0x0632), (0x0648, 0x0648), (0x0671, 0x0673), (0x0675, 0x0677), (0x0688, 0x0699),
        (0x06C0, 0x06C0), (0x06C3, 0x06CB), (0x06CD, 0x06CD), (0x06CF, 0x06CF), (0x06D2, 0x06D3), (0x06D5, 0x06D5), (0x06EE, 0x06EF), (0x0710, 0x0710),
        (0x0715, 0x0719), (0x071E, 0x071E), (0x0728, 0x0728), (0x072A, 0x072A), (0x072C, 0x072C), (0x072F, 0x072F), (0x074D, 0x074D), (0x0759, 0x075B),
        (0x076B, 0x076C), (0x0771, 0x0771), (0x0773, 0x0774), (0x0778, 0x0779), (0x0840, 0x0840), (0x0846, 0x0847), (0x0849, 0x0849), (0x0854, 0x0854),
        (0x0856, 0x0858), (0x0867, 0x0867), (0x0869, 0x086A), (0x0870, 0x0882), (0x088E, 0x088E), (0x08AA, 0x08AC), (0x08AE, 0x08AE), (0x08B1, 0x08B2),
        (0x08B9, 0x08B9),
    ];

    /// <summary>Letters of these blocks that join with none (Joining_Type U), among them all of Thaana (0780 to 07BF).</summary>
    private static readonly (int First, int Last)[] NonJoining =
        [(0x0621, 0x0621), (0x0674, 0x0674), (0x0780, 0x07C9), (0x0861, 0x0861), (0x0866, 0x0866), (0x08AD, 0x08AD), (0x1880, 0x1886)];

    public static bool IsJoiner(Rune rune) => rune.Value is NonJoiner or Joiner;

    /// <param name="at">Of a joiner or non-joiner.</param>
    public static bool IsNeededAt(ReadOnlySpan<Rune> runes, int at)
    {
        if (at > 0 && Viramas.Contains(runes[at - 1].Value))
        {
            return true;
        }

        if (runes[at].Value != NonJoiner)
        {
            return false;
        }

        var before = at - 1;
        while (before >= 0 && IsTransparent(runes[before]))
        {
            before--;
        }

        var after = at + 1;
        while (after < runes.Length && IsTransparent(runes[after]))
        {
            after++;
        }

        return before >= 0 && after < runes.Length
            && JoinsWithNext(runes[before]) && (JoinsWithNext(runes[after]) || IsIn(RightJoining, runes[after])) && runes[after].Value != 0xA872;
    }

    /// <summary>Joining_Type D or L.</summary>
    private static bool JoinsWithNext(Rune rune) => Rune.IsLetter(rune) && IsIn(Cursive, rune) && !IsIn(RightJoining, rune) && !IsIn(NonJoining, rune);

    /// <summary>Joining_Type T: marks.</summary>
    private static bool IsTransparent(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    private static bool IsIn((int First, int Last)[] ranges, Rune rune) => Array.Exists(ranges, range => rune.Value >= range.First && rune.Value <= range.Last);
}
