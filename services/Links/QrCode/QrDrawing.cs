using System.Collections;
using System.Globalization;
using System.Text;
using QRCoder;
using SkiaSharp;

namespace LinkShort.Links.QrCode;

/// <summary>A QR code as an image.</summary>
internal sealed class QrDrawing
{
    /// <summary>The library draws this margin around every code.</summary>
    private const int LibraryMargin = 4;

    /// <summary>
    /// The logo's share of the width. With its edge, it covers some 6 % of the modules; level H restores 30 %, of which dirt and light need a part.
    /// </summary>
    private const double LogoShare = 0.22;

    private readonly QrStyle _style;
    private readonly QRCodeData _code;
    private readonly byte[]? _logo;

    /// <param name="logo">A square PNG; null for none.</param>
    public QrDrawing(string text, QrStyle style, byte[]? logo = null)
    {
        _style = style;
        _logo = logo;
        using var generator = new QRCodeGenerator();
        _code = generator.CreateQrCode(text, style.Level);
        _code.ModuleMatrix = WithMargin(_code.ModuleMatrix, style.Margin);
    }

    private int Modules => _code.ModuleMatrix.Count;

    public byte[] ToPng()
    {
        using var png = new PngByteQRCode(_code);
        var background = _style.Background is { } colour ? Rgba(colour, 255) : Rgba(RgbColor.White, 0);
        var scale = Math.Max(1, _style.Size / Modules);
        var drawn = png.GetGraphic(scale, Rgba(_style.Foreground, 255), background, drawQuietZones: true);
        return _logo is null ? drawn : WithLogo(drawn, scale);
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

        svg.Append("\"/>");
        if (_logo is not null)
        {
            var (start, side) = LogoPlace;
            svg.Append(CultureInfo.InvariantCulture, $"<path fill=\"{LogoPlate}\" d=\"M{start} {start}h{side}v{side}h-{side}z\"/>")
                .Append(CultureInfo.InvariantCulture, $"<image x=\"{start + 0.5}\" y=\"{start + 0.5}\" width=\"{side - 1}\" height=\"{side - 1}\" href=\"data:image/png;base64,{Convert.ToBase64String(_logo)}\"/>");
        }

        return Encoding.UTF8.GetBytes(svg.Append("</svg>").ToString());
    }

    /// <summary>Whole modules, in the middle: where the plate under the logo starts, and its side.</summary>
    private (int Start, int Side) LogoPlace
    {
        get
        {
            var modules = Modules - (2 * _style.Margin);
            // Codes have an odd number of modules.
            var side = (int)(modules * LogoShare) | 1;
            return (_style.Margin + ((modules - side) / 2), side);
        }
    }

    /// <summary>Also for transparent codes, or modules would show through the logo.</summary>
    private RgbColor LogoPlate => _style.Background ?? RgbColor.White;

    private byte[] WithLogo(byte[] drawn, int scale)
    {
        using var code = SKImage.FromEncodedData(drawn);
        using var logo = SKImage.FromEncodedData(_logo);
        using var surface = SKSurface.Create(new SKImageInfo(code.Width, code.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        var (start, side) = LogoPlace;
        using var plate = new SKPaint { Color = new SKColor(LogoPlate.Red, LogoPlate.Green, LogoPlate.Blue) };
        surface.Canvas.DrawImage(code, 0, 0, new SKSamplingOptions(SKFilterMode.Nearest));
        surface.Canvas.DrawRect(SKRect.Create(start * scale, start * scale, side * scale, side * scale), plate);
        var edge = scale / 2f;
        surface.Canvas.DrawImage(
            logo, SKRect.Create((start * scale) + edge, (start * scale) + edge, (side - 1) * scale, (side - 1) * scale), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        return QrLogo.Encode(surface);
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
