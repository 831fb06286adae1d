namespace LinkShort.Links.QrCode;

/// <summary>An sRGB colour.</summary>
internal readonly record struct RgbColor(byte Red, byte Green, byte Blue)
{
    public static RgbColor Black { get; } = new(0, 0, 0);

    public static RgbColor White { get; } = new(255, 255, 255);

    /// <summary>Relative luminance, 0 to 1 (WCAG 2.2).</summary>
    public double Luminance => (0.2126 * Linear(Red)) + (0.7152 * Linear(Green)) + (0.0722 * Linear(Blue));

    /// <param name="text"><c>RRGGBB</c>, also with a leading <c>#</c>.</param>
    public static bool TryParse(string text, out RgbColor color)
    {
        var digits = text.AsSpan(text.StartsWith('#') ? 1 : 0);
        Span<byte> channels = stackalloc byte[3];
        color = default;
        if (digits.Length != 6 || Convert.FromHexString(digits, channels, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        color = new RgbColor(channels[0], channels[1], channels[2]);
        return true;
    }

    public override string ToString() => $"#{Red:x2}{Green:x2}{Blue:x2}";

    private static double Linear(byte channel) => channel / 255.0 is var value and > 0.04045 ? Math.Pow((value + 0.055) / 1.055, 2.4) : channel / 255.0 / 12.92;
}
