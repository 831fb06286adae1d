using System.Collections;
using System.Globalization;
using System.Text;
using QRCoder;

namespace LinkShort.Links.QrCode;

/// <summary>A QR code as an image.</summary>
internal sealed class QrDrawing
{
    /// <summary>The library draws this margin around every code.</summary>
    private const int LibraryMargin = 4;

    private readonly QrStyle _style;
    private readonly QRCodeData _code;

    public QrDrawing(string text, QrStyle style)
    {
        _style = style;
        using var generator = new QRCodeGenerator();
        _code = generator.CreateQrCode(text, style.Level);
        _code.ModuleMatrix = WithMargin(_code.ModuleMatrix, style.Margin);
    }

    private int Modules => _code.ModuleMatrix.Count;

    public byte[] ToPng()
    {
        using var png = new PngByteQRCode(_code);
        var background = _style.Background is { } colour ? Rgba(colour, 255) : Rgba(RgbColor.White, 0);
        return png.GetGraphic(Math.Max(1, _style.Size / Modules), Rgba(_style.Foreground, 255), background, drawQuietZones: true);
    }

    public byte[] ToSvg()
    {
        var svg = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{_style.Size}\" height=\"{_style.Size}\" viewBox=\"0 0 {Modules} {Modules}\" shape-rendering=\"crispEdges\">");
        if (_style.Background is { } background)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path fill=\"{background}\" d=\"M0 0h{Modules}v{Modules}H0z\"/>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path fill=\"{_style.Foreground}\" d=\"");
        for (var y = 0; y < Modules; y++)
        {
            AppendRuns(svg, _code.ModuleMatrix[y], y);
        }

        return Encoding.UTF8.GetBytes(svg.Append("\"/></svg>").ToString());
    }

    private static void AppendRuns(StringBuilder svg, BitArray row, int y)
    {
        for (var x = 0; x < row.Count; x++)
        {
            var start = x;
            while (x < row.Count && row[x])
            {
                x++;
            }

            if (x > start)
            {
                svg.Append(CultureInfo.InvariantCulture, $"M{start} {y}h{x - start}v1h-{x - start}z");
            }
        }
    }

    private static List<BitArray> WithMargin(List<BitArray> drawn, int margin)
    {
        var modules = drawn.Count - (2 * LibraryMargin);
        var matrix = new List<BitArray>(modules + (2 * margin));
        for (var y = -margin; y < modules + margin; y++)
        {
            var row = new BitArray(modules + (2 * margin));
            for (var x = 0; x < modules && y >= 0 && y < modules; x++)
            {
                row[x + margin] = drawn[y + LibraryMargin][x + LibraryMargin];
            }

            matrix.Add(row);
        }

        return matrix;
    }

    private static byte[] Rgba(RgbColor colour, byte alpha) => [colour.Red, colour.Green, colour.Blue, alpha];
}
