using System.Diagnostics.CodeAnalysis;
using LinkShort.ServiceDefaults.Data;
using Npgsql;
using SkiaSharp;

namespace LinkShort.Links.QrCode;

/// <summary>
/// The picture in the middle of a workspace's QR codes. What is uploaded is decoded and encoded again, so that nothing of the file but its pixels
/// is stored or served.
/// </summary>
internal sealed record QrLogo(string Image, long Version)
{
    /// <summary>Of the uploaded file.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Of a request's body, so that a file that is slightly too large is refused by the field's name.</summary>
    public const int MaxBody = MaxBytes + (MaxBytes / 10);

    /// <summary>Width and height of the uploaded picture: a small file can unpack into gigabytes. Four megapixels take 16 MiB.</summary>
    public const int MaxSide = 2048;

    /// <summary>Width and height as stored, in pixels. Covers a fifth of a printed code.</summary>
    public const int StoredSide = 256;

    public byte[] Png => Convert.FromBase64String(Image);

    /// <returns>A square PNG with the picture in its middle; false if the file isn't a PNG, JPEG or WebP picture of an allowed size.</returns>
    public static bool TryRead(byte[] file, [NotNullWhen(true)] out byte[]? png)
    {
        png = null;
        if (file.Length > MaxBytes)
        {
            return false;
        }

        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Webp)
            || codec.Info is not { Width: > 0 and <= MaxSide, Height: > 0 and <= MaxSide })
        {
            return false;
        }

        using var picture = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        if (codec.GetPixels(picture.Info, picture.GetPixels()) is not SKCodecResult.Success)
        {
            return false;
        }

        // Otherwise the image would be a second copy of the pixels.
        picture.SetImmutable();
        using var surface = SKSurface.Create(new SKImageInfo(StoredSide, StoredSide, SKColorType.Rgba8888, SKAlphaType.Premul));
        var scale = (float)StoredSide / Math.Max(picture.Width, picture.Height);
        var (width, height) = (picture.Width * scale, picture.Height * scale);
        using var image = SKImage.FromBitmap(picture);
        surface.Canvas.SetMatrix(Upright(codec.EncodedOrigin));
        surface.Canvas.DrawImage(
            image, SKRect.Create((StoredSide - width) / 2, (StoredSide - height) / 2, width, height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        png = Encode(surface);
        return true;
    }

    /// <summary>Turns the stored square as a photo's Exif orientation demands (CIPA DC-008, tag 274).</summary>
    private static SKMatrix Upright(SKEncodedOrigin origin) => origin switch
    {
        SKEncodedOrigin.TopRight => new(-1, 0, StoredSide, 0, 1, 0, 0, 0, 1),
        SKEncodedOrigin.BottomRight => new(-1, 0, StoredSide, 0, -1, StoredSide, 0, 0, 1),
        SKEncodedOrigin.BottomLeft => new(1, 0, 0, 0, -1, StoredSide, 0, 0, 1),
        SKEncodedOrigin.LeftTop => new(0, 1, 0, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightTop => new(0, -1, StoredSide, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightBottom => new(0, -1, StoredSide, -1, 0, StoredSide, 0, 0, 1),
        SKEncodedOrigin.LeftBottom => new(0, 1, 0, -1, 0, StoredSide, 0, 0, 1),
        _ => SKMatrix.Identity,
    };

    public static byte[] Encode(SKSurface surface)
    {
        using var image = surface.Snapshot();
        using var encoded = image.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    public static Task<QrLogo?> FindAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<QrLogo>("select image, version from qr_logos where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
}
