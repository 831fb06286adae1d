using System.Security.Cryptography;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Links.QrCode;

/// <summary>GET /api/v1/links/{id}/qr</summary>
public static class ReadQrCode
{
    public const string Description =
        "`size` is the width and height in pixels, 64 to 4096 (512). A PNG can be smaller by less than one module's width, because modules are whole pixels. "
        + "`margin` is the quiet zone in modules, 0 to 16 (4, as ISO/IEC 18004 requires). `fg` and `bg` are RRGGBB (000000 and ffffff; `bg=transparent` for none). "
        + "`level` is the error correction: L, M, Q or H (M). "
        + "`logo=true` puts the workspace's logo in the middle (see `PUT /qr-logo`) and raises the level to H; the size is at most 2048 then. "
        + "400 if scanners could not tell the colors apart: the foreground has to be darker, with a contrast of at least 3:1.";

    /// <summary>The short URL as a QR code.</summary>
    public static async Task<Results<FileContentHttpResult, ProblemHttpResult>> HandleAsync(
        Guid id, [AsParameters] QrParameters parameters, CurrentWorkspace workspace, Database database, ShortUrls urls, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var style = parameters.Validate(errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        if (await LinkStore.FindAsync(connection, workspace.Id, id, cancellationToken) is not { } link)
        {
            return Problems.NotFound.Result();
        }

        var logo = parameters.Logo == true ? await QrLogo.FindAsync(connection, workspace.Id, cancellationToken) : null;
        if (parameters.Logo == true && logo is null)
        {
            return ValidationErrors.Of("logo", LinksTexts.Of("qr.noLogo"));
        }

        // Renaming the link changes it.
        context.Response.Headers.CacheControl = "private, no-cache";
        var drawing = new QrDrawing(urls.Of(link), style, logo?.Png);
        var image = style.IsPng ? drawing.ToPng() : drawing.ToSvg();
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(image).AsSpan(0, 12))}\"");
        return TypedResults.File(image, style.IsPng ? "image/png" : "image/svg+xml", entityTag: tag);
    }
}
