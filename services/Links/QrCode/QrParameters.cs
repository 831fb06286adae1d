using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Mvc;
using QRCoder;

namespace LinkShort.Links.QrCode;

/// <summary>The query of a QR code's request.</summary>
public sealed record QrParameters(
    [FromQuery(Name = "format")] string? Format = null,
    [FromQuery(Name = "size")] int? Size = null,
    [FromQuery(Name = "margin")] int? Margin = null,
    [FromQuery(Name = "fg")] string? Fg = null,
    [FromQuery(Name = "bg")] string? Bg = null,
    [FromQuery(Name = "level")] string? Level = null,
    [FromQuery(Name = "logo")] bool? Logo = null)
{
    /// <summary>Pictures with a logo are composed in memory, four bytes a pixel.</summary>
    private const int MaxSizeWithLogo = 2048;

    private const string Transparent = "transparent";
    private const int MinContrast = 3;

    internal QrStyle Validate(ValidationErrors errors)
    {
        if (Format is not (null or "svg" or "png"))
        {
            errors.Add("format", FieldRules.OneOf("svg", "png"));
        }

        var size = InRange("size", Size, 64, Logo == true ? MaxSizeWithLogo : 4096, 512, errors);
        var margin = InRange("margin", Margin, 0, 16, 4, errors);
        var foreground = Color("fg", Fg, RgbColor.Black, errors);
        var background = Color("bg", Bg == Transparent ? null : Bg, RgbColor.White, errors);
        if (!errors.Any && !IsReadable(foreground, background))
        {
            errors.Add("fg", LinksTexts.Of("qr.contrast", ("min", MinContrast)));
        }

        if (Level is not (null or "L" or "M" or "Q" or "H"))
        {
            errors.Add("level", FieldRules.OneOf("L", "M", "Q", "H"));
        }

        return new QrStyle(Format == "png", size, margin, foreground, Bg == Transparent ? null : background, Level switch
        {
            // The logo covers modules, which only this level restores with a margin.
            _ when Logo == true => QRCodeGenerator.ECCLevel.H,
            "L" => QRCodeGenerator.ECCLevel.L,
            "Q" => QRCodeGenerator.ECCLevel.Q,
            "H" => QRCodeGenerator.ECCLevel.H,
            _ => QRCodeGenerator.ECCLevel.M,
        });
    }

    /// <summary>Many scanners don't recognise light codes on a dark background.</summary>
    private static bool IsReadable(RgbColor foreground, RgbColor background) =>
        (background.Luminance + 0.05) / (foreground.Luminance + 0.05) >= MinContrast;

    private static int InRange(string field, int? value, int min, int max, int otherwise, ValidationErrors errors)
    {
        if (value < min || value > max)
        {
            errors.Add(field, FieldRules.Range(min, max));
        }

        return value ?? otherwise;
    }

    private static RgbColor Color(string field, string? text, RgbColor otherwise, ValidationErrors errors)
    {
        if (text is null)
        {
            return otherwise;
        }

        if (RgbColor.TryParse(text, out var color))
        {
            return color;
        }

        errors.Add(field, LinksTexts.Of("qr.color"));
        return otherwise;
    }
}

/// <param name="Size">Width and height in pixels.</param>
/// <param name="Margin">Quiet zone in modules.</param>
/// <param name="Background">Null for transparent.</param>
internal sealed record QrStyle(bool IsPng, int Size, int Margin, RgbColor Foreground, RgbColor? Background, QRCodeGenerator.ECCLevel Level);
