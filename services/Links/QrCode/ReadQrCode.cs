using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.QrCode;

/// <summary>GET /api/v1/links/{id}/qr</summary>
public static class ReadQrCode
{
    public const string Description =
        "`size` is the width and height in pixels, 64 to 4096 (512). A PNG can be smaller by less than one module's width, because modules are whole pixels. "
        + "`margin` is the quiet zone in modules, 0 to 16 (4, as ISO/IEC 18004 requires). `fg` and `bg` are RRGGBB (000000 and ffffff; `bg=transparent` for none). "
        + "`level` is the error correction: L, M, Q or H (M). "
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

        // Renaming the link changes it.
        context.Response.Headers.CacheControl = "private, no-cache";
        var drawing = new QrDrawing(urls.Of(link), style);
        return style.IsPng
            ? TypedResults.File(drawing.ToPng(), "image/png")
            : TypedResults.File(drawing.ToSvg(), "image/svg+xml");
    }
}
