using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.QrCodes;

/// <summary>How a QR code looks. The API checks the values.</summary>
/// <param name="Size">Pixels.</param>
/// <param name="Margin">Modules.</param>
/// <param name="Fg">Colour of the modules, <c>#rrggbb</c>.</param>
/// <param name="Bg">Colour behind them; ignored if <paramref name="Transparent"/>.</param>
/// <param name="Level">Error correction: L, M, Q or H.</param>
public sealed record QrForm(string? Size = null, string? Margin = null, string? Fg = null, string? Bg = null, bool Transparent = false, string? Level = null);

/// <summary>A link's QR code: shown, styled, downloaded.</summary>
public static class QrEndpoints
{
    public static void MapQrCodes(this IEndpointRouteBuilder routes)
    {
        var codes = routes.MapGroup("/app/links/{id:guid}").RequireAuthorization();
        codes.MapGet("/qr", ShowAsync);
        codes.MapGet("/qr.svg", (Guid id, [AsParameters] QrForm form, LinkShortApi api, CancellationToken cancellationToken) => DownloadAsync(id, "svg", form, api, cancellationToken));
        codes.MapGet("/qr.png", (Guid id, [AsParameters] QrForm form, LinkShortApi api, CancellationToken cancellationToken) => DownloadAsync(id, "png", form, api, cancellationToken));
    }

    public static async Task<Results<RazorComponentResult<QrPage>, ProblemPage>> ShowAsync(
        Guid id, [AsParameters] QrForm form, LinkShortApi api, CancellationToken cancellationToken)
    {
        var found = await api.GetLinkAsync(id, cancellationToken);
        if (!found.Succeeded(out var link, out var missing))
        {
            return new ProblemPage(missing);
        }

        var drawn = await api.QrCodeAsync(id, form, cancellationToken);
        return drawn.Problem is { Errors.Count: 0 } problem
            ? new ProblemPage(problem)
            : new RazorComponentResult<QrPage>(new { Link = link, Form = form, Image = drawn.Value, drawn.Problem }) { StatusCode = drawn.Problem?.Status };
    }

    private static async Task<Results<Download, ProblemPage>> DownloadAsync(
        Guid id, string format, QrForm form, LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.DownloadQrCodeAsync(id, format, form, cancellationToken)).Succeeded(out var image, out var problem) ? image : new ProblemPage(problem);
}
